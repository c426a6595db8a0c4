// SPDX-License-Identifier: GPL-3.0-or-later
// A first visit in a real Chromium: indexing runs, a query text finds photos, marks make the next round.
//
//   node --test tests/e2e/browser/first_run.test.mjs
//
// HONE_URL, HONE_BIN and HONE_PHOTOS choose the server (see support.mjs); HONE_WORDS is the query text to type.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

const words = process.env.HONE_WORDS ?? 'a dog';

let hone;
let visit;
let page;

before(async () => {
  hone = await server({ mock: ['--empty', '--seconds', '3'] });
  visit = await browser(hone.url);
  page = visit.page;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

const grid = () => page.getByRole('grid').first();
const cells = () => grid().getByRole('gridcell');
const focused = () => page.locator('[role=gridcell]:focus');
const heading = () => page.getByRole('heading', { level: 2 }).first().innerText();
const nowBreaches = async (state) => assert.deepEqual(await breaches(page), [], `accessibility: ${state}`);
const status = async () => (await fetch(`${hone.url}/api/v1/status`)).json();

/** Waits until enough photos can be searched, since indexing may still be running. */
async function searchable(least) {
  const end = Date.now() + 120_000;
  for (;;) {
    const now = await status();
    if (now.searchable >= least || (now.indexing.state === 'idle' && now.searchable > 0)) return now;
    assert.ok(Date.now() < end, `only ${now.searchable} photos can be searched`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a first visit asks for a folder, or shows the progress of indexing', async () => {
  await page.goto(hone.url);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  if ((await status()).folders.length === 0) {
    await page.getByRole('heading', { name: 'Which folders hold your photos?' }).waitFor();
    await page.getByText('Originals are opened for reading only.').waitFor();
    await nowBreaches('first run');

    const path = page.getByLabel('Folder on the machine that runs Hone');
    await path.fill('/no/such/folder');
    await page.getByRole('button', { name: 'Index this folder' }).click();
    const refused = await page.getByRole('alert').innerText();
    assert.match(refused, /\/no\/such\/folder/, 'the page shows the refusal');
    // The browser itself writes the refused request to the console.
    visit.errors.length = 0;

    await path.fill(process.env.HONE_PHOTOS ?? process.cwd());
    await page.getByRole('button', { name: 'Index this folder' }).click();
  }
  await page.getByRole('textbox', { name: 'Search by words' }).waitFor();
  if ((await status()).indexing.state === 'running') {
    // The last few photos of an index run must not bring back the start screen.
    await page
      .getByRole('progressbar', { name: 'Photos indexed' })
      .or(page.getByRole('heading', { name: 'What do you remember?' }))
      .first()
      .waitFor();
    await nowBreaches('indexing');
  }
});

test('photos appear automatically while they are indexed', async () => {
  await searchable(1);
  await cells().first().waitFor();
});

test('words find photos', async () => {
  await searchable(40);
  await page.keyboard.press('/');
  await page.keyboard.type(words);
  await page.getByRole('region', { name: 'End of the list' }).waitFor();
  await page.keyboard.press('Enter');
  await focused().waitFor();
  assert.match(page.url(), /#\/s\?q=/, 'the search is an address');
  assert.match(await focused().getAttribute('aria-label'), /^Photo 1: .+\. Match \d+ percent\.$/);
  assert.equal((await grid().getAttribute('aria-rowcount').then(Number)) !== 0, true);
  await nowBreaches('results, light');
});

test('one key marks, the same key removes the mark', async () => {
  // The end of the indexing must not replace the message about a mark.
  while ((await status()).indexing.state !== 'idle') await page.waitForTimeout(250);
  await page.waitForTimeout(500);
  await page.keyboard.press('f');
  assert.match(await focused().getAttribute('aria-label'), /, fits\.$/);
  const dock = page.getByRole('complementary', { name: 'Marks' });
  await dock.waitFor();
  assert.match(
    await page.getByRole('status').last().innerText(),
    /Fits: .+\. 1 fits\. Press R to search again\./,
  );
  await page.keyboard.press('f');
  assert.doesNotMatch(await focused().getAttribute('aria-label'), /fits/);
  assert.equal(await dock.count(), 0);

  const before = await focused().boundingBox();
  await page.keyboard.press('f');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('x');
  assert.match(await focused().getAttribute('aria-label'), /, not this\.$/);
  await page.keyboard.press('ArrowLeft');
  assert.deepEqual(await focused().boundingBox(), before, 'a mark moves nothing');
  await nowBreaches('marks, light');
});

test('the next round keeps the words and shows its marks', async () => {
  await page.keyboard.press('r');
  const round = page.getByRole('navigation', { name: 'Rounds' }).getByRole('button', { name: /^Round 2/ });
  await round.waitFor();
  await page.waitForFunction(() =>
    document.querySelector('[aria-current=step]')?.textContent?.includes('likely'),
  );
  assert.equal(await round.getAttribute('aria-current'), 'step');
  assert.match(await round.innerText(), /1 fits, 1 doesn’t/);
  assert.equal(await page.getByRole('textbox', { name: 'Search by words' }).inputValue(), words);
});

test('a link holds the whole search', async () => {
  const link = page.url();
  const head = await heading();
  const other = await visit.context.newPage();
  await other.goto(link);
  await other.getByRole('button', { name: /^Round 2/ }).waitFor();
  await other.getByRole('heading', { level: 2 }).first().waitFor();
  assert.equal(await other.getByRole('textbox', { name: 'Search by words' }).inputValue(), words);
  await other.close();
  assert.equal(await heading(), head);
});

test('a photo opens, the arrow keys page through the list, and closing returns to the list', async () => {
  await cells().first().waitFor();
  await cells().first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.match(await dialog.getAttribute('aria-label'), /^Photo 1 of [\d,]+$/);
  await dialog
    .getByText(/SHA-256/)
    .first()
    .waitFor();
  await page.waitForTimeout(600);
  await nowBreaches('lightbox');
  for (let press = 0; press < 25; press++) await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null),
    true,
    'focus is kept',
  );
  await page.keyboard.press('ArrowRight');
  const second = (await cells().count()) > 1 || (await page.getByRole('grid').count()) > 1;
  if (second) await page.getByRole('dialog', { name: /^Photo 2 of/ }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await focused().waitFor();
  assert.match(await focused().getAttribute('aria-label'), second ? /^Photo 2:/ : /^Photo 1:/);
});

test('U undoes a mark, and Shift Z returns to the previous round', async () => {
  await page.keyboard.press('f');
  assert.match(await focused().getAttribute('aria-label'), /, fits\.$/);
  await page.keyboard.press('u');
  await page.waitForFunction(() => !document.activeElement?.getAttribute('aria-label')?.includes('fits'));
  await page.keyboard.press('Shift+Z');
  await page.waitForFunction(() =>
    document.querySelector('[aria-current=step]')?.textContent?.includes('Words'),
  );
  await page.waitForFunction(() => document.querySelectorAll('.card.fits').length === 1);
  assert.equal(await page.locator('.card.not').count(), 1, 'the marks of that screen are back');
  await page.goBack();
  await page.waitForFunction(() =>
    document.querySelector('[aria-current=step]')?.textContent?.includes('Round 2'),
  );
});

test('a click on a disc marks, a click in the dock removes the mark', async () => {
  await cells().first().waitFor();
  const card = cells().first();
  await card.hover();
  await card.getByRole('button', { name: 'Fits' }).click();
  assert.equal(await card.getByRole('button', { name: 'Fits' }).getAttribute('aria-pressed'), 'true');
  const marked = page
    .getByRole('complementary', { name: 'Marks' })
    .getByRole('button', { name: /Remove this mark/ });
  const marks = await marked.count();
  await marked.nth(1).click();
  await page.waitForFunction(
    (most) => document.querySelectorAll('[data-dock] .th button').length < most,
    marks,
  );
});

test('the end of the list has a slider for more or fewer photos', async () => {
  const end = page.getByRole('region', { name: 'End of the list' });
  await end.scrollIntoViewIfNeeded();
  await end.getByRole('button', { name: 'Show more or fewer' }).click();
  const line = end.getByRole('slider');
  await line.focus();
  await page.keyboard.press('Home');
  const all = await line.getAttribute('aria-valuetext');
  await page.keyboard.press('End');
  assert.notEqual(await line.getAttribute('aria-valuetext'), all);
  await end.getByRole('button', { name: 'Reset' }).click();
});

test('a photo from outside the library starts a search', async () => {
  const from = page.url();
  const { photos } = await (await fetch(`${hone.url}/api/v1/photos?order=newest&offset=0&limit=1`)).json();
  const bytes = await (await fetch(`${hone.url}/api/v1/photos/${photos[0].id}/original`)).arrayBuffer();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'mine.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
  await page.getByText('Like this photo', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'End of the list' }).waitFor();
  assert.match(page.url(), /#\/s\?f=/);
  await page.goBack();
  await page.waitForURL(from);
  await cells().first().waitFor();
});

test('? lists the shortcuts, and the library page lists skipped files', async () => {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await nowBreaches('shortcuts');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
  await page.getByRole('heading', { name: /^Skipped/ }).waitFor();
  await nowBreaches('library, light');
  await page.goBack();
  await cells().first().waitFor();
});

test('the page fits a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  await page.waitForFunction(() => document.documentElement.scrollWidth <= 390, null, { timeout: 3000 });
  assert.ok(
    await cells().first().getByRole('button', { name: 'Fits' }).isVisible(),
    'discs are always visible',
  );
  await nowBreaches('phone, light');
});

test('T switches to dark mode, and the browser remembers it', async () => {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('t');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await nowBreaches('phone, dark');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.waitForTimeout(300);
  await nowBreaches('results, dark');
  await page.reload();
  await cells().first().waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
});

test('no request left the host and no error was written', () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(visit.errors, []);
});
