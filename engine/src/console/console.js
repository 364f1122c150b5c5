// Refreshes a live page every five seconds, while it is looked at and nobody is in the middle of something.
const EVERY = 5000;

async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main || document.hidden || main.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.href = answer.url; return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh) main.innerHTML = fresh.innerHTML;
  } catch { /* It will be there again. */ }
}

setInterval(refresh, EVERY);
