// SPDX-License-Identifier: GPL-3.0-or-later
// 100,000 results: the page contains a few screens of them, and every row has its position.
//
//   node --test tests/e2e/browser/scroll.test.mjs
//
// Always against the mock server: no folder of photos is that large.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, server } from './support.mjs';

const photos = 100_000;
/** Most cards in the DOM: four screens of 1440 x 900 are about 110, and a row with the focus. */
const most = 260;

let hone;
let visit;
let page;

before(async () => {
  hone = await server({
    onlyMock: true,
    mock: ['--count', String(photos), '--likely', String(photos), '--seconds', '0'],
  });
  visit = await browser(hone.url);
  page = visit.page;
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

const cards = () => page.locator('[role=gridcell]').count();
const nodes = () => page.evaluate(() => document.querySelectorAll('*').length);

test('the list has its full length before it is loaded', async () => {
  await page.goto(`${hone.url}/#/s?q=anything`);
  await page
    .getByRole('heading', { name: '100,000 likely matches', exact: true })
    .waitFor({ timeout: 60_000 });
  await page.locator('[role=gridcell]').first().waitFor();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(height > 2_000_000, `the scroll bar shows the whole list: ${height} px`);
  assert.ok((await cards()) < most);
});

test('the page stays small while scrolling', async () => {
  let largest = 0;
  let largestNodes = 0;
  for (let step = 0; step < 40; step++) {
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(40);
    largest = Math.max(largest, await cards());
    largestNodes = Math.max(largestNodes, await nodes());
  }
  console.log(`40 steps: at most ${largest} cards, ${largestNodes} nodes`);
  assert.ok(largest < most, `${largest} cards`);
  assert.ok(largestNodes < 5000, `${largestNodes} nodes`);
});

test('a jump to the end reaches it', async () => {
  await page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) =>
      window.longTasks.push(...list.getEntries().map((entry) => entry.duration)),
    ).observe({
      type: 'longtask',
    });
  });
  const end = page.getByRole('region', { name: 'End of the list' });
  const begin = Date.now();
  // Pages arrive in sequence, and the end moves a little with each of them.
  for (;;) {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForTimeout(200);
    const last = await page
      .locator('[role=gridcell]')
      .evaluateAll((all) => Math.max(-1, ...all.map((card) => Number(card.dataset.index))));
    if (last === photos - 1) break;
    assert.ok(Date.now() - begin < 180_000, `after three minutes only at photo ${last}`);
  }
  assert.ok(await end.isVisible());
  const long = await page.evaluate(() => window.longTasks);
  console.log(
    `the end after ${((Date.now() - begin) / 1000).toFixed(1)} s, ${await cards()} cards, ${await nodes()} nodes`,
  );
  console.log(`tasks above 50 ms: ${long.length}, longest ${Math.round(Math.max(0, ...long))} ms`);
  assert.ok((await cards()) < most);
  const count = Number(await page.getByRole('grid').first().getAttribute('aria-rowcount'));
  const row = await page
    .locator('[role=row]')
    .evaluateAll((rows) => Math.max(...rows.map((one) => Number(one.getAttribute('aria-rowindex')))));
  assert.equal(row, count, 'the last row is the last of aria-rowcount');
});

test('rows do not overlap, and photos keep their position when scrolled away and back', async () => {
  const places = () =>
    page.locator('[role=gridcell]').evaluateAll((all) =>
      all.map((card) => {
        const box = card.getBoundingClientRect();
        return [
          Number(card.dataset.index),
          Math.round(box.left),
          Math.round(box.top + scrollY),
          Math.round(box.width),
        ];
      }),
    );
  await page.evaluate(() => scrollTo(0, 500_000));
  await page.waitForTimeout(400);
  const before = new Map((await places()).map((place) => [place[0], place.join()]));
  await page.evaluate(() => scrollTo(0, 900_000));
  await page.waitForTimeout(400);
  await page.evaluate(() => scrollTo(0, 500_000));
  await page.waitForTimeout(400);
  const again = await places();
  assert.ok(again.length > 20);
  for (const place of again) if (before.has(place[0])) assert.equal(place.join(), before.get(place[0]));
  const rows = await page
    .locator('[role=row]')
    .evaluateAll((all) => all.map((row) => row.getBoundingClientRect()).map((box) => [box.top, box.bottom]));
  rows.sort((one, other) => one[0] - other[0]);
  for (let row = 1; row < rows.length; row++)
    assert.ok(rows[row][0] >= rows[row - 1][1], `row ${row} overlaps`);
});

test('Home and End move the focus over the whole list', async () => {
  await page.locator('[role=gridcell]').first().focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0');
  await page.keyboard.press('End');
  await page.waitForFunction(
    (last) => document.activeElement?.getAttribute('data-index') === last,
    String(photos - 1),
  );
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(400);
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('data-index')),
    String(photos - 1),
    'the focus stays on its photo when it is scrolled away',
  );
  assert.ok((await cards()) < most);
  assert.deepEqual(visit.errors, []);
});
