// Signs in and answers the consent page, in a real browser, as a person would.
//
//   node visit.mjs AUTHORIZE_URL NAME allow|deny FOLDER
//
// Pictures of the pages go to FOLDER. Prints one line: {"callback": "…", "pages": ["…"]}.
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const [url, name, answer, folder] = process.argv.slice(2);
const home = new URL(url).searchParams.get('redirect_uri');
const pages = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 800, height: 700 } });
  page.setDefaultTimeout(15_000);
  const callback = caught(page);
  await page.goto(url);
  await signIn(page);
  await consent(page);
  console.log(JSON.stringify({ callback: await callback, pages }));
} finally {
  await browser.close();
}

// Nobody listens at the redirect address; the request is what counts.
function caught(page) {
  return new Promise((resolve) => {
    page.route((address) => address.href.startsWith(home), async (route) => {
      resolve(route.request().url());
      await route.fulfill({ contentType: 'text/plain', body: 'back at the client' });
    });
  });
}

// By typing a name, or by pressing the button that carries it.
async function signIn(page) {
  const own = page.locator(`button[name=username][value="${name}"]`);
  const field = page.locator('input[name=username]:not([type=hidden]), input[name=login]');
  await own.or(field).first().waitFor();
  await picture(page, 'sign-in');
  if ((await own.count()) > 0) return own.click();
  await field.fill(name);
  const password = page.locator('input[type=password]');
  if ((await password.count()) > 0) await password.fill('any password');
  await page.locator('button[type=submit], button:not([type])').first().click();
}

async function consent(page) {
  const button = page.locator(`button[value=${answer}]`);
  await button.waitFor();
  await picture(page, 'consent');
  await button.click();
}

async function picture(page, title) {
  pages.push(await page.locator('body').innerText());
  await page.screenshot({ path: join(folder, `${title}.png`), fullPage: true });
}
