// The console open in a browser for as long as a soak lasts: looks at a page for some seconds, while it refreshes itself, then
// goes to the next. Usage: browser.mjs URL TOKEN FOLDER. Writes how many pages it has seen, and what went wrong.
import { appendFileSync, writeFileSync } from "node:fs";
import { open, sleep, start } from "../browser/driver.mjs";

const [url, token, folder] = process.argv.slice(2);
const PAGES = ["/", "/scenarios", "/scenarios/dial-114", "/offers", "/areas", "/privacy"];
const end = await start();
process.on("SIGTERM", () => { end(); process.exit(0); });
const browser = await open(url);
await browser.enter(token, "zh");
for (let seen = 0; ; seen += 1) {
  try {
    const page = PAGES[seen % PAGES.length];
    await browser.go(page);
    await sleep(12000);
    writeFileSync(`${folder}/page.html`, await browser.source());
    if (seen % 50 === 5) await browser.shot(`${folder}/page.png`);
    for (const line of await browser.log()) if (line.level === "SEVERE") appendFileSync(`${folder}/browser.faults`, `${page}: ${line.message}\n`);
    writeFileSync(`${folder}/browser.seen`, `${seen + 1}\n`);
  } catch (error) {
    appendFileSync(`${folder}/browser.faults`, `${error}\n`);
    await sleep(5000);
  }
}
