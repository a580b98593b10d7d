// A person with a real browser, by the mouse: signs in, reads the consent page, answers it.
//
//   node visit.mjs NAME FOLDER
//
// Takes one line of JSON for each visit, and stays signed in from one to the next:
// {"url": AUTHORIZE_URL, "answer": "allow"|"deny"|…} goes on until the browser is back at the client, and
// prints {"callback": "…", "pages": ["…"]} with the texts of the pages, the sign-in first;
// {"url": URL, "press": NAME} presses a button and prints the page that comes then, without a callback.
// What went wrong is {"error": "…"}. Pictures of the pages go to FOLDER.
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { chromium } from 'playwright-core';

const MOST_PAGES = 6;

const [name, folder] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
});
let pictures = 0;
try {
  const page = await browser.newPage({ viewport: { width: 800, height: 700 } });
  page.setDefaultTimeout(40_000);
  for await (const line of createInterface({ input: process.stdin })) {
    const { url, answer, press } = JSON.parse(line);
    const told = press ? pressAt(page, url, press) : visit(page, url, answer);
    console.log(JSON.stringify(await told.catch((error) => failure(page, error))));
  }
} finally {
  await browser.close();
}

async function visit(page, url, answer) {
  const home = new URL(url).searchParams.get('redirect_uri');
  const pages = [];
  let callback;
  // Where nobody listens, the request is all that there is of the way back.
  const watch = (request) => {
    if (request.url().startsWith(home)) callback ??= request.url();
  };
  page.on('request', watch);
  // At once back at a client that does not listen: no page, and no failure.
  await page.goto(url).catch((error) => callback ?? Promise.reject(error));
  while (!callback && pages.length < MOST_PAGES) {
    const next = await control(page, answer);
    pages.push(await look(page));
    await Promise.all([page.waitForEvent('framenavigated'), next.click()]);
    await page.waitForLoadState();
  }
  page.off('request', watch);
  return { callback, pages };
}

// What this page wants to be pressed: to sign in, or to answer.
async function control(page, answer) {
  const own = page.locator(`button[name=username][value="${name}"]`);
  const field = page.locator('input[name=username]:not([type=hidden]), input[name=login]');
  const answers = page.locator(`button[value=${answer}]`);
  await own.or(field).or(answers).first().waitFor();
  if ((await answers.count()) > 0) return answers;
  if ((await own.count()) > 0) return own;
  await field.fill(name);
  const password = page.locator('input[type=password]');
  if ((await password.count()) > 0) await password.fill('any password');
  return page.locator('button[type=submit], button:not([type])').first();
}

async function pressAt(page, url, press) {
  await page.goto(url);
  const pages = [await look(page)];
  const button = page.getByRole('button', { name: press });
  await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
  await page.waitForLoadState();
  pages.push(await look(page));
  return { pages };
}

async function failure(page, error) {
  return { error: `${error.message} at ${page.url()}: ${await look(page)}` };
}

async function look(page) {
  pictures += 1;
  await page.screenshot({ path: join(folder, `${pictures}.png`), fullPage: true });
  return page.locator('body').innerText();
}
