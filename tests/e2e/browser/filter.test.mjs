// SPDX-License-Identifier: GPL-3.0-or-later
// The filter next to the query text, the details of an open photo, and photos on an offline disk.
//
//   node --test tests/e2e/browser/filter.test.mjs
//
// Always against the mock server, which has known metadata.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

let hone;
let visit;
let page;

before(async () => {
  hone = await server({ onlyMock: true, mock: ['--count', '60', '--seconds', '0'] });
  visit = await browser(hone.url);
  page = visit.page;
  await page.goto(hone.url);
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

const field = () => page.getByRole('textbox', { name: 'Filter' });
const heading = (name) => page.getByRole('heading', { name, exact: true });
const hash = () => page.evaluate(() => location.hash);

test('V opens the filter, with examples, and Enter lists the matching photos', async () => {
  await page.locator('[role=gridcell]').first().waitFor();
  await page.keyboard.press('v');
  await field().waitFor();
  assert.equal(await field().evaluate((node) => node === document.activeElement), true);
  assert.equal(await page.getByRole('button', { name: 'rating:>=3' }).count(), 1);
  await field().fill('rating:>=3');
  await field().press('Enter');
  await heading('12 photos').waitFor();
  assert.equal(await hash(), '#/s?w=rating%3A%3E%3D3');
  const name = await page.locator('[role=gridcell]').first().getAttribute('aria-label');
  assert.doesNotMatch(name, /Match/, 'a filter alone has no match');
  assert.equal(await page.getByRole('region', { name: 'End of the list' }).count(), 0);
  assert.deepEqual(await breaches(page), []);
});

test('a wrong filter shows the word and the reason, also to screen readers', async () => {
  await field().fill('rating:>=3 raiting:3');
  await field().press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('#filter-wrong mark').textContent(), 'raiting:3');
  assert.match(await page.getByRole('alert').textContent(), /There is no field 'raiting'.*at character 12/);
  assert.equal(await field().getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByText('Search failed').count(), 0);
  assert.deepEqual(await breaches(page), []);
});

test('the link holds the filter, Back returns to the previous one, and words are added', async () => {
  await page.goBack();
  await heading('12 photos').waitFor();
  assert.equal(await field().inputValue(), 'rating:>=3');
  await page.reload();
  await heading('12 photos').waitFor();
  const words = page.getByRole('textbox', { name: 'Search by words' });
  await words.fill('drawn');
  await words.press('Enter');
  await page.getByText(/possible, of 12 photos/).waitFor();
  assert.equal(await hash(), '#/s?q=drawn&w=rating%3A%3E%3D3');
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await page.getByText(/possible, of 60 photos/).waitFor();
  assert.equal(await hash(), '#/s?q=drawn');
  assert.equal(await field().count(), 0);
});

test('an open photo shows its details, and its keywords are filters', async () => {
  await page.goto(`${hone.url}/#/s?w=name%3Adrawn-0.svg`);
  await heading('1 photo').waitFor();
  await page.locator('[role=gridcell]').first().click();
  const details = page.getByRole('region', { name: 'Details' });
  await details.getByText('1/250 s, f/2.8, ISO 400, 50 mm').waitFor();
  const shown = await details.textContent();
  for (const part of [
    'Canon EOS R5',
    '48.20000° N, 16.37000° E',
    '4 of 5',
    'Number 0',
    '1 May 2010 at 12:30',
    'from the file date',
  ])
    assert.ok(shown.includes(part), `${part} is missing in ${shown}`);
  assert.doesNotMatch(shown, /Match/);
  assert.deepEqual(await breaches(page), []);
  await details.getByRole('button', { name: 'the "best"' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await field().inputValue(), 'name:drawn-0.svg keyword:"the \\"best\\""');
  await heading('1 photo').waitFor();
});

test('a photo on an offline disk is marked on its card and in its details', async () => {
  await page.goto(`${hone.url}/#/s?w=is%3Aunreachable`);
  await heading('1 photo').waitFor();
  const card = page.locator('[role=gridcell]').first();
  await card.getByText('Offline').waitFor();
  assert.match(await card.getAttribute('aria-label'), /Offline\./);
  await card.click();
  await page.getByText(/Offline: its disk or folder isn’t connected/).waitFor();
  assert.deepEqual(await breaches(page), []);
});

test('without matching photos, the page offers to remove the filter', async () => {
  await page.goto(`${hone.url}/#/s?q=drawn&w=name%3Anowhere`);
  await heading('No photos match this filter').waitFor();
  await page.getByRole('button', { name: 'Remove filter' }).click();
  await page.getByText(/possible, of 60 photos/).waitFor();
});

test('no request left the host and no error was written', () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(
    visit.errors.filter((line) => !/status of 400/.test(line)),
    [],
  );
});
