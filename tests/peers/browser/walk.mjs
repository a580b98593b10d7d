// Takes a person through pages in a real browser, by the keyboard alone, and looks at what they are to
// somebody who sees little or nothing.
//
//   node walk.mjs REDIRECT_URI FOLDER STEPS
//
// A step of the JSON array STEPS is {"open": URL}, {"press": NAME} (the control of this name is
// reached by Tab and pressed by Enter), {"fill": LABEL, "with": TEXT} and {"check": LABEL} (reached in
// the same way, and typed into or checked) or {"look": TITLE}. Pictures of what was looked at go to FOLDER: as it is, in the dark, and on a telephone.
// Prints one line: {"callbacks": ["…"], "looks": [{"title", "url", "text", "controls", "problems"}]},
// where `controls` are in the order of Tab, and `problems` are what axe finds.
import { join } from 'node:path';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const [home, folder, steps] = process.argv.slice(2);
const MOST_CONTROLS = 40;
const WIDE = { width: 800, height: 700 };
const NARROW = { width: 360, height: 700 };
const callbacks = [];
const looks = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
});
try {
  const page = await browser.newPage({ viewport: WIDE });
  page.setDefaultTimeout(15_000);
  // Nobody listens at the redirect address; the request is what counts, and Chromium may repeat it.
  page.on('request', (request) => {
    const url = request.url();
    if (url.startsWith(home) && callbacks.at(-1) !== url) callbacks.push(url);
  });
  for (const step of JSON.parse(steps)) {
    if (step.open) await page.goto(step.open);
    if (step.press) await press(page, step.press);
    if (step.fill) await fill(page, step.fill, step.with);
    if (step.check) await check(page, step.check);
    if (step.look) looks.push(await look(page, step.look));
  }
  console.log(JSON.stringify({ callbacks, looks }));
} finally {
  await browser.close();
}

async function look(page, title) {
  const shoot = (kind) => page.screenshot({ path: join(folder, `${title}${kind}.png`), fullPage: true });
  await shoot('');
  const problems = await audit(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('-dark');
  problems.push(...(await audit(page)));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(NARROW);
  await shoot('-narrow');
  // WCAG 1.4.10: no scrolling to the side.
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  if (overflow > 0) problems.push(`wider than a telephone by ${overflow}`);
  await page.setViewportSize(WIDE);
  const text = await page.locator('body').innerText();
  return { title: await page.title(), url: page.url(), text, controls: await controls(page), problems };
}

async function audit(page) {
  const { violations } = await page.evaluate(`${axe.source}; axe.run(document)`);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

// What Tab reaches, in its order, as a screen reader says it.
async function controls(page) {
  const names = [];
  await unfocus(page);
  while (names.length < MOST_CONTROLS) {
    await page.keyboard.press('Tab');
    const name = await focused(page);
    if (name === undefined) break;
    names.push(name);
  }
  return names;
}

async function press(page, wanted) {
  await reach(page, wanted);
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Enter')]);
  return page.waitForLoadState();
}

async function fill(page, wanted, text) {
  await reach(page, wanted);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

// Of radio buttons Tab reaches one of a group, and the arrows the others.
async function check(page, wanted) {
  const isRadio = (await page.getByLabel(wanted).getAttribute('type')) === 'radio';
  await reach(page, isRadio ? /^radio / : wanted);
  for (let count = 0; isRadio && count < MOST_CONTROLS; count += 1) {
    if ((await focused(page)).includes(wanted)) break;
    await page.keyboard.press('ArrowDown');
  }
  const name = await focused(page);
  if (!name.includes(wanted)) throw new Error(`the arrows do not reach ${wanted}`);
  if (!name.includes('[checked]')) await page.keyboard.press('Space');
}

// Tab goes on from where it was: behind the last control it begins again at the first.
async function reach(page, wanted) {
  await unfocus(page);
  const reached = [];
  for (let ends = 0; ends < 2 && reached.length < MOST_CONTROLS; ) {
    await page.keyboard.press('Tab');
    const name = await focused(page);
    if (name === undefined) {
      ends += 1;
      continue;
    }
    if (wanted.test?.(name) ?? name.includes(wanted)) return;
    reached.push(name);
  }
  throw new Error(`Tab does not reach ${wanted}, but ${JSON.stringify(reached)}`);
}

async function unfocus(page) {
  await page.evaluate('document.activeElement?.blur(); getSelection()?.removeAllRanges()');
}

async function focused(page) {
  const own = page.locator(':focus');
  if ((await own.count()) === 0) return undefined;
  const [line] = (await own.ariaSnapshot()).split('\n');
  return line.replace(/^- /, '').replace(/:$/, '');
}
