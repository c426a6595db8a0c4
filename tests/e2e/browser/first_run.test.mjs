// A first visit from end to end in a real Chromium: reading goes on, words find pictures, marks make a next round.
//
//   node --test tests/e2e/browser/first_run.test.mjs
//
// HONE_URL, HONE_BIN and HONE_PHOTOS choose the server (see support.mjs); HONE_WORDS are the words that are typed.
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
const nowBreaches = async (what) => assert.deepEqual(await breaches(page), [], `accessibility: ${what}`);
const status = async () => (await fetch(`${hone.url}/api/v1/status`)).json();

/** Waits until enough pictures can be searched, since reading may still go on. */
async function searchable(least) {
  const end = Date.now() + 120_000;
  for (;;) {
    const now = await status();
    if (now.searchable >= least || (now.indexing.state === 'idle' && now.searchable > 0)) return now;
    assert.ok(Date.now() < end, `only ${now.searchable} pictures can be searched`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a first visit asks for a folder, or shows how reading goes', async () => {
  await page.goto(hone.url);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  if ((await status()).folders.length === 0) {
    await page.getByRole('heading', { name: 'Which folders hold your pictures?' }).waitFor();
    await page.getByText('Originals are opened for reading only.').waitFor();
    await nowBreaches('first run');

    const path = page.getByLabel('Folder on the machine that runs Hone');
    await path.fill('/no/such/folder');
    await page.getByRole('button', { name: 'Read this folder' }).click();
    const refused = await page.getByRole('alert').innerText();
    assert.match(refused, /\/no\/such\/folder/, 'the refusal is shown in words');
    // The refused request is written to the console by the browser itself.
    visit.errors.length = 0;

    await path.fill(process.env.HONE_PHOTOS ?? process.cwd());
    await page.getByRole('button', { name: 'Read this folder' }).click();
  }
  await page.getByRole('textbox', { name: 'Search by words' }).waitFor();
  if ((await status()).indexing.state === 'running') {
    // The last few pictures of a read no longer take the start screen over.
    await page
      .getByRole('progressbar', { name: 'Pictures read' })
      .or(page.getByRole('heading', { name: 'What do you remember?' }))
      .first()
      .waitFor();
    await nowBreaches('reading');
  }
});

test('pictures appear by themselves while they are read', async () => {
  await searchable(1);
  await cells().first().waitFor();
});

test('words find pictures', async () => {
  await searchable(40);
  await page.keyboard.press('/');
  await page.keyboard.type(words);
  await page.getByRole('region', { name: 'Where the list ends' }).waitFor();
  await page.keyboard.press('Enter');
  await focused().waitFor();
  assert.match(page.url(), /#\/s\?q=/, 'the search is an address');
  assert.match(await focused().getAttribute('aria-label'), /^Picture 1: .+\. Likelihood \d+ percent\.$/);
  assert.equal((await grid().getAttribute('aria-rowcount').then(Number)) !== 0, true);
  await nowBreaches('results, light');
});

test('one key marks, the same key takes the mark off', async () => {
  // What is said of a mark must not be talked over by the end of the reading.
  while ((await status()).indexing.state !== 'idle') await page.waitForTimeout(250);
  await page.waitForTimeout(500);
  await page.keyboard.press('f');
  assert.match(await focused().getAttribute('aria-label'), /, fits\.$/);
  const dock = page.getByRole('complementary', { name: 'Marks' });
  await dock.waitFor();
  assert.match(
    await page.getByRole('status').last().innerText(),
    /Fits: .+\. 1 fit, 0 not\. Press R to search again\./,
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
  assert.match(await round.innerText(), /\+1 fit, −1 not/);
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

test('a picture opens, is gone through and closes to where it was', async () => {
  await cells().first().waitFor();
  await cells().first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.match(await dialog.getAttribute('aria-label'), /^Picture 1 of [\d,]+$/);
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
  if (second) await page.getByRole('dialog', { name: /^Picture 2 of/ }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await focused().waitFor();
  assert.match(await focused().getAttribute('aria-label'), second ? /^Picture 2:/ : /^Picture 1:/);
});

test('a mark is undone and a round is stepped back', async () => {
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

test('a click on a disc marks, a click in the dock takes the mark off', async () => {
  await cells().first().waitFor();
  const card = cells().first();
  await card.hover();
  await card.getByRole('button', { name: 'Fits' }).click();
  assert.equal(await card.getByRole('button', { name: 'Fits' }).getAttribute('aria-pressed'), 'true');
  const taken = page
    .getByRole('complementary', { name: 'Marks' })
    .getByRole('button', { name: /Take this mark off/ });
  const marks = await taken.count();
  await taken.nth(1).click();
  await page.waitForFunction(
    (most) => document.querySelectorAll('[data-dock] .th button').length < most,
    marks,
  );
});

test('the end of the list says how many more are possible', async () => {
  const end = page.getByRole('region', { name: 'Where the list ends' });
  await end.scrollIntoViewIfNeeded();
  await end.getByRole('button', { name: 'Move the line' }).click();
  const line = end.getByRole('slider');
  await line.focus();
  await page.keyboard.press('Home');
  const all = await line.getAttribute('aria-valuetext');
  await page.keyboard.press('End');
  assert.notEqual(await line.getAttribute('aria-valuetext'), all);
  await end.getByRole('button', { name: 'Put the line back' }).click();
});

test('a picture from outside starts a search', async () => {
  const from = page.url();
  const { photos } = await (await fetch(`${hone.url}/api/v1/photos?order=newest&offset=0&limit=1`)).json();
  const bytes = await (await fetch(`${hone.url}/api/v1/photos/${photos[0].id}/original`)).arrayBuffer();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'mine.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
  await page.getByText('Like this picture', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Where the list ends' }).waitFor();
  assert.match(page.url(), /#\/s\?f=/);
  await page.goBack();
  await page.waitForURL(from);
  await cells().first().waitFor();
});

test('keys are listed, and the library page tells what is left out', async () => {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await nowBreaches('keys');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
  await page.getByRole('heading', { name: /^Skipped/ }).waitFor();
  await nowBreaches('library, light');
  await page.goBack();
  await cells().first().waitFor();
});

test('it fits a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  await page.waitForFunction(() => document.documentElement.scrollWidth <= 390, null, { timeout: 3000 });
  assert.ok(
    await cells().first().getByRole('button', { name: 'Fits' }).isVisible(),
    'discs are always shown',
  );
  await nowBreaches('phone, light');
});

test('dark is one key away and remembered', async () => {
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
