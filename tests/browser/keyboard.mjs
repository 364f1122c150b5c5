// Works the console by keyboard alone, in a real headless browser: pauses and releases a scenario, lets offers go, asks why, tries a
// draft, erases somebody. Usage: keyboard.mjs URL OPERATOR-TOKEN OFFICER-TOKEN SUBSCRIBER FOLDER. Exits with 1 where a step does not
// lead where it should.
import { mkdirSync } from "node:fs";
import { open, sleep, start } from "./driver.mjs";

const [url, operator, officer, subscriber, folder] = process.argv.slice(2);
const TAB = "\uE004", ENTER = "\uE007", MOST_TABS = 60;
const DRAFT = "scenario: draft\npurpose: service\nwhen: {call: 4999}\nsend: {sms: hello}\n";
mkdirSync(folder, { recursive: true });

// Tab by tab to what has this text or this id, which must be seen to have the focus.
async function reach(browser, wanted) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await browser.press(TAB);
    const [found, seen] = await browser.run(`const at = document.activeElement, style = getComputedStyle(at);
      return [at.id === arguments[0] || at.textContent.trim() === arguments[0],
        style.outlineStyle !== "none" || style.boxShadow !== "none"];`, wanted);
    if (found && !seen) throw new Error(`"${wanted}" does not show that it has the focus`);
    if (found) return;
  }
  throw new Error(`"${wanted}" cannot be reached by keyboard`);
}

async function until(browser, what, script) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await browser.run(`return ${script};`).catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(`not reached: ${what}`);
}

const has = (text) => `document.querySelector("main").textContent.includes(${JSON.stringify(text)})`;

async function work(browser) {
  await browser.enter(operator, "en");
  await browser.go("/scenarios");
  await reach(browser, "Pause");
  await browser.press(ENTER);
  await until(browser, "paused", has("Release"));
  await reach(browser, "Release");
  await browser.press(ENTER);
  await until(browser, "released", `!${has("Release")}`);
  await browser.go("/offers");
  await reach(browser, "Let them go");
  await browser.press(ENTER);
  await until(browser, "let go", `location.pathname === "/offers"`);
  await browser.go("/explain");
  await reach(browser, "subscriber");
  await browser.press(subscriber + ENTER);
  await until(browser, "explained", `document.querySelector("pre.told[role=status]")?.textContent.includes("decisions")`);
  await browser.shot(`${folder}/explained.png`);
  await browser.go("/backtest");
  await reach(browser, "text");
  await browser.press(DRAFT);
  await reach(browser, "Try");
  await browser.press(ENTER);
  await until(browser, "tried", has("In force → tried"));
  await browser.shot(`${folder}/tried.png`);
  await reach(browser, "Leave");
  await browser.press(ENTER);
  await until(browser, "left", `location.pathname === "/login"`);
  await browser.enter(officer, "en");
  await browser.go("/forget");
  await reach(browser, "subscriber");
  await browser.press(subscriber + ENTER);
  await until(browser, "forgotten", has("nothing is left"));
  await browser.shot(`${folder}/forgotten.png`);
}

const end = await start();
let fault;
try {
  const browser = await open(url);
  await work(browser).catch(async (error) => {
    fault = error;
    await browser.shot(`${folder}/fault.png`);
  });
  await browser.end();
} catch (error) {
  fault = error;
} finally {
  end();
}
if (fault) console.error(`FAULT ${fault}`);
process.exit(fault ? 1 : 0);
