// A real headless browser through chromedriver: what every look at the console shares.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

const PORT = 9515 + Math.floor(Math.random() * 400);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function call(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.message}`);
  return value;
}

// Starts chromedriver; gives what ends it.
export async function start() {
  const driver = spawn("chromedriver", [`--port=${PORT}`], { stdio: "ignore" });
  await sleep(1000);
  return () => driver.kill();
}

// A browser at this console. `dark` is what its owner prefers.
export async function open(url, dark = false) {
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000", "--force-color-profile=srgb"];
  if (dark) args.push("--force-dark-mode", "--blink-settings=preferredColorScheme=0");
  const options = { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } };
  const { sessionId } = await call("POST", "/session", { capabilities: { alwaysMatch: options } });
  const at = `/session/${sessionId}`;
  const browser = {
    go: (path) => call("POST", `${at}/url`, { url: url + path }),
    run: (script, ...args) => call("POST", `${at}/execute/sync`, { script, args }),
    type: async (css, text) => {
      const found = await call("POST", `${at}/element`, { using: "css selector", value: css });
      await call("POST", `${at}/element/${Object.values(found)[0]}/value`, { text });
    },
    // Keys to whatever has the focus, as a person without a mouse presses them.
    press: async (text) => {
      const focused = await call("GET", `${at}/element/active`);
      await call("POST", `${at}/element/${Object.values(focused)[0]}/value`, { text });
    },
    shot: async (file) => writeFileSync(file, Buffer.from(await call("GET", `${at}/screenshot`), "base64")),
    source: () => call("GET", `${at}/source`),
    log: () => call("POST", `${at}/se/log`, { type: "browser" }),
    end: () => call("DELETE", at),
    enter: async (token, language) => {
      await browser.go(`/language/${language}`);
      await browser.go("/login");
      await browser.type("#token", `${token}\uE007`);
      await sleep(500);
    },
  };
  return browser;
}
