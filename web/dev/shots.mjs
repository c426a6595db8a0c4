// SPDX-License-Identifier: GPL-3.0-or-later
// Takes screenshots of the screens: node dev/shots.mjs URL FOLDER [name...]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, folder, ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'hone-shots-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  viewport: null,
  locale: 'en-GB',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const page = await context.newPage();
page.on('console', (message) => message.type() === 'error' && console.log('console:', message.text()));
page.on('pageerror', (error) => console.log('error:', error.message));

const words = process.env.HONE_WORDS ?? 'a dog';
const size = (width, height) => page.setViewportSize({ width, height });
const shot = async (name) => {
  await page.waitForTimeout(350);
  await page.screenshot({ path: join(folder, `${name}.png`) });
};
const search = async () => {
  await page.goto(`${url}/#/`);
  await page.reload();
  await page.getByRole('textbox', { name: 'Search by words' }).fill(words);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=gridcell]:focus');
};
const mark = async () => {
  await page.keyboard.press('f');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('f');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
};
const steps = {
  async home() {
    await page.goto(`${url}/#/`);
    await page.reload();
    await page.waitForTimeout(600);
    await shot('home');
  },
  async results() {
    await search();
    await shot('results');
    await mark();
    await shot('marking');
    await page.waitForTimeout(800);
    await page.keyboard.press('r');
    await page.waitForTimeout(600);
    await shot('round-2');
    await page.keyboard.press('f');
    await page.keyboard.press('r');
    await page.waitForTimeout(600);
    await shot('round-3');
    await page.locator('.cut').scrollIntoViewIfNeeded();
    await page.getByRole('button', { name: 'Show more or fewer' }).click();
    await shot('end');
  },
  async why() {
    await search();
    await mark();
    await page.waitForTimeout(800);
    await page.keyboard.press('r');
    await page.waitForSelector('[aria-current=step]:has-text("Round 2")');
    await page.waitForTimeout(600);
    await page.locator('[role=gridcell]').nth(1).focus();
    await page.keyboard.press('w');
    await page.waitForSelector('[role=dialog]');
    await shot('why');
  },
  async facets() {
    await search();
    await mark();
    await page.waitForTimeout(800);
    await page.keyboard.press('2');
    await page.waitForTimeout(500);
    await page.keyboard.press('2');
    await page.waitForTimeout(500);
    await page.keyboard.press('Shift+Digit4');
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: 'How marks count' }).last().click();
    await shot('facets');
  },
  async explored() {
    await search();
    await page.waitForTimeout(900);
    await shot('seen');
    await page.keyboard.press('r');
    await page.waitForSelector('[aria-current=step]:has-text("Round 2")');
    await page.waitForTimeout(600);
    await page.locator('[role=gridcell]').first().focus();
    await shot('explored');
  },
  async nothing() {
    await page.goto(`${url}/#/s?q=zzyzx+qwerty`);
    await page.waitForTimeout(1500);
    await shot('nothing');
  },
  async group() {
    await search();
    const cover = page.locator('[role=gridcell]:has(.counts)').first();
    await cover.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog]');
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(700);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('w');
    await page.waitForTimeout(500);
    await shot('group');
  },
  async lightbox() {
    await search();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog]');
    await page.waitForTimeout(700);
    await shot('lightbox');
  },
  async help() {
    await search();
    await page.keyboard.press('?');
    await shot('help');
    await page.keyboard.press('Escape');
  },
  async people() {
    await page.goto(`${url}/#/people`);
    await page.reload();
    await page.waitForTimeout(900);
    await shot('people');
    await page.getByRole('textbox').first().or(page.getByRole('combobox').first()).first().fill('an');
    await shot('people-name');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page
      .getByRole('checkbox', { name: /^Select/ })
      .nth(0)
      .check();
    await page
      .getByRole('checkbox', { name: /^Select/ })
      .nth(2)
      .check();
    await page.getByRole('button', { name: 'History' }).click();
    await shot('people-merge');
    await page.goto(`${url}/#/people/1`);
    await page.waitForTimeout(700);
    await page.getByRole('checkbox', { name: 'Select face 2', exact: true }).check();
    await shot('person');
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await page.getByRole('button', { name: /^Face 1 of/ }).click();
    await page.waitForSelector('[role=dialog]');
    await page.waitForTimeout(700);
    await page.evaluate(() => localStorage.removeItem('hone.faces'));
    await page.keyboard.press('b');
    await page
      .getByRole('button', { name: /^Face 1 of/ })
      .last()
      .click();
    await page.getByRole('button', { name: 'Find similar faces' }).click();
    await page.waitForTimeout(500);
    await shot('lightbox-face');
    await page.keyboard.press('b');
  },
  async library() {
    await page.goto(`${url}/#/library`);
    await page.waitForTimeout(500);
    await shot('library');
  },
};
for (const [width, height, theme] of [
  [1440, 900, 'light'],
  [1440, 900, 'dark'],
  [820, 1180, 'light'],
  [820, 1180, 'dark'],
  [390, 844, 'light'],
  [390, 844, 'dark'],
]) {
  await size(width, height);
  await page.goto(`${url}/#/`);
  await page.evaluate((value) => localStorage.setItem('hone.theme', value), theme);
  for (const [name, step] of Object.entries(steps)) {
    if (only.length > 0 && !only.includes(name) && !only.includes(`${width}-${theme}`)) continue;
    try {
      await step();
    } catch (error) {
      console.log(`${name} ${width} ${theme}: ${error.message.split('\n')[0]}`);
    }
  }
  // The next size uses the same names, so these get the size as a suffix.
  const { readdirSync, renameSync } = await import('node:fs');
  for (const file of readdirSync(folder))
    if (/^[a-z0-9-]+\.png$/.test(file) && !/-(light|dark)\.png$/.test(file))
      renameSync(join(folder, file), join(folder, file.replace('.png', `-${width}-${theme}.png`)));
}
await context.close();
rmSync(profile, { recursive: true, force: true });
