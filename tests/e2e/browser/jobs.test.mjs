// SPDX-License-Identifier: GPL-3.0-or-later
// The page of jobs: how far each is, pausing one and all, failures and another try; with the keyboard alone.
//
//   node --test tests/e2e/browser/jobs.test.mjs
//
// Always against the mock server, whose scan takes as long as the test needs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

let hone;
let visit;
let page;

before(async () => {
  hone = await server({ onlyMock: true, mock: ['--seconds', '600'] });
  visit = await browser(hone.url);
  page = visit.page;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

const status = async () => (await fetch(`${hone.url}/api/v1/status`)).json();
const job = async (name) => (await status()).indexing.jobs.find((one) => one.name === name);
const button = (name) => page.getByRole('button', { name, exact: true });

test('the page lists every job of the status', async () => {
  await page.goto(`${hone.url}/#/library`);
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  assert.match(page.url(), /#\/jobs$/);
  const { jobs } = (await status()).indexing;
  assert.equal(await page.getByRole('region', { name: 'Jobs' }).getByRole('heading').count(), jobs.length);
  await page.getByRole('progressbar', { name: 'All jobs' }).waitFor();
  await page.getByText(/^\d+ % done, .+ left\.$/).waitFor();
  assert.deepEqual(await breaches(page), []);
});

test('every job pauses and resumes by itself', async () => {
  for (const [name, title] of [
    ['finding', 'Finding files'],
    ['indexing', 'Reading photos'],
    ['content', 'What photos show'],
    ['faces', 'Faces'],
    ['people', 'Grouping people'],
    ['duplicates', 'Finding duplicates'],
  ]) {
    await button(`Pause: ${title}`).click();
    await button(`Resume: ${title}`).waitFor();
    assert.equal((await job(name)).state, 'paused', name);
    await button(`Resume: ${title}`).click();
    await button(`Pause: ${title}`).waitFor();
    assert.notEqual((await job(name)).state, 'paused', name);
  }
});

test('all pause and resume with the keyboard', async () => {
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('j');
  await button('Pause all').focus();
  await page.keyboard.press('Enter');
  await button('Resume all').waitFor();
  assert.equal((await status()).indexing.state, 'paused');
  await page.getByText('Paused. Nothing is lost.').waitFor();
  assert.deepEqual(await breaches(page), []);
  await page.keyboard.press('Enter');
  await button('Pause all').waitFor();
  assert.equal((await status()).indexing.state, 'running');
});

test('failures have their file and reason, and can be tried again', async () => {
  const list = page.getByRole('list', { name: 'Failures: Faces' });
  await list.waitFor();
  const [failure] = (await (await fetch(`${hone.url}/api/v1/failures`)).json()).analyses;
  const text = await list.innerText();
  assert.ok(text.includes(failure.path), text);
  assert.match(text, /\.$/, 'a sentence');
  const asked = page.waitForRequest((request) => request.url().endsWith('/api/v1/scan'));
  await button('Try again: Faces').click();
  assert.deepEqual((await asked).postDataJSON(), { job: 'faces' });
});

test('light and dark, on a desk, a tablet and a phone, nothing is out of reach', async () => {
  for (const theme of ['light', 'dark']) {
    for (const width of [1440, 820, 390]) {
      await page.setViewportSize({ width, height: 900 });
      // Colours change gradually, not at once.
      await page.waitForTimeout(400);
      assert.deepEqual(await breaches(page), [], `${theme}, ${width}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      if (process.env.HONE_SCREENSHOTS)
        await page.screenshot({ path: `${process.env.HONE_SCREENSHOTS}/jobs-${theme}-${width}.png` });
    }
    await page.keyboard.press('t');
  }
});

test('no request left the host and no error was written', () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(visit.errors, []);
});
