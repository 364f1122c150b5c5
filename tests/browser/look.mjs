// Looks at the console in a real headless browser, through chromedriver. Usage: look.mjs URL TOKEN FOLDER.
// Comes in by the form, goes through every page in both languages, light and dark, by keyboard where a person would, and
// writes screenshots and what went wrong. Exits with 1 where a page has an error, is too large or too slow.
import { mkdirSync } from "node:fs";
import { open, start } from "./driver.mjs";

const [url, token, folder] = process.argv.slice(2);
const PAGES = ["/", "/scenarios", "/offers", "/areas", "/explain", "/backtest", "/privacy"];
// A machine that does other things at the same time is slow: of so many first views the fastest counts, less what the
// browser takes there to show a picture of a few octets.
const LARGEST = 100_000, SLOWEST_MS = 200, VIEWS = 5;
mkdirSync(folder, { recursive: true });
const faults = [];

async function look(language, dark) {
  const browser = await open(url, dark);
  try {
    await browser.enter(token, language);
    for (const page of PAGES) {
      let size, ms = Infinity, path, heading;
      for (let view = 0; view < VIEWS && ms > SLOWEST_MS; view += 1) {
        await browser.go("/assets/icon.svg");
        const bare = await browser.run("return Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd);");
        await browser.go(page);
        let taken;
        [size, taken, path, heading] = await browser.run(`const all = performance.getEntriesByType("navigation")
          .concat(performance.getEntriesByType("resource"));
          return [all.reduce((sum, one) => sum + one.transferSize, 0), Math.round(all[0].loadEventEnd),
            location.pathname, document.querySelector("h1")?.textContent];`);
        ms = Math.min(ms, taken - bare);
      }
      const name = `${language}-${dark ? "dark" : "light"}-${page.slice(1) || "health"}`;
      await browser.shot(`${folder}/${name}.png`);
      console.log(name, `${size} octets`, `${ms} ms`, heading);
      if (path !== page) faults.push(`${name}: shown ${path}`);
      if (size > LARGEST) faults.push(`${name}: ${size} octets`);
      if (ms > SLOWEST_MS) faults.push(`${name}: ${ms} ms`);
    }
    const focused = await browser.run("document.activeElement.blur(); return document.querySelectorAll('a,button,input').length");
    if (focused < 8) faults.push(`only ${focused} places to go to by keyboard`);
    for (const line of await browser.log()) if (line.level === "SEVERE") faults.push(line.message);
  } finally {
    await browser.end();
  }
}

const end = await start();
try {
  for (const [language, dark] of [["en", false], ["zh", false], ["en", true], ["zh", true]]) await look(language, dark);
} catch (error) {
  faults.push(String(error));
} finally {
  end();
}
faults.forEach((fault) => console.error(`FAULT ${fault}`));
process.exit(faults.length ? 1 : 0);
