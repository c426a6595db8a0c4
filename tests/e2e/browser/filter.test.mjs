// The filter beside the words, the details of an open picture, and pictures whose disk is away.
//
//   node --test tests/e2e/browser/filter.test.mjs
//
// Always against the mock server, whose facts are known.
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

const field = () => page.getByRole('textbox', { name: 'Only' });
const heading = (name) => page.getByRole('heading', { name, exact: true });
const hash = () => page.evaluate(() => location.hash);

test('V opens the filter, with examples, and Enter lists what passes', async () => {
  await page.locator('[role=gridcell]').first().waitFor();
  await page.keyboard.press('v');
  await field().waitFor();
  assert.equal(await field().evaluate((node) => node === document.activeElement), true);
  assert.equal(await page.getByRole('button', { name: 'rating:>=3' }).count(), 1);
  await field().fill('rating:>=3');
  await field().press('Enter');
  await heading('12 pictures').waitFor();
  assert.equal(await hash(), '#/s?w=rating%3A%3E%3D3');
  const name = await page.locator('[role=gridcell]').first().getAttribute('aria-label');
  assert.doesNotMatch(name, /Likelihood/, 'nothing was guessed');
  assert.equal(await page.getByRole('region', { name: 'Where the list ends' }).count(), 0);
  assert.deepEqual(await breaches(page), []);
});

test('a wrong filter shows the word and why, and is heard', async () => {
  await field().fill('rating:>=3 raiting:3');
  await field().press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('#filter-wrong mark').textContent(), 'raiting:3');
  assert.match(await page.getByRole('alert').textContent(), /'raiting' is no field.*at sign 12/);
  assert.equal(await field().getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByText('This search did not work').count(), 0);
  assert.deepEqual(await breaches(page), []);
});

test('the link holds it, Back goes back to the filter before, and words join it', async () => {
  await page.goBack();
  await heading('12 pictures').waitFor();
  assert.equal(await field().inputValue(), 'rating:>=3');
  await page.reload();
  await heading('12 pictures').waitFor();
  const words = page.getByRole('textbox', { name: 'Search by words' });
  await words.fill('drawn');
  await words.press('Enter');
  await page.getByText(/possible, of 12/).waitFor();
  assert.equal(await hash(), '#/s?q=drawn&w=rating%3A%3E%3D3');
  await page.getByRole('button', { name: 'Take the filter off' }).click();
  await page.getByText(/possible, of 60/).waitFor();
  assert.equal(await hash(), '#/s?q=drawn');
  assert.equal(await field().count(), 0);
});

test('an open picture says what it knows, and its keywords are filters', async () => {
  await page.goto(`${hone.url}/#/s?w=name%3Adrawn-0.svg`);
  await heading('1 picture').waitFor();
  await page.locator('[role=gridcell]').first().click();
  const details = page.getByRole('region', { name: 'Details' });
  await details.getByText('1/250 s, f/2.8, ISO 400, 50 mm').waitFor();
  const said = await details.textContent();
  for (const part of [
    'Canon EOS R5',
    '48.20000° N, 16.37000° E',
    '4 of 5',
    'Number 0',
    '1 May 2010',
    'only the file’s own time',
  ])
    assert.ok(said.includes(part), `${part} is missing in ${said}`);
  assert.doesNotMatch(said, /Likelihood/);
  assert.deepEqual(await breaches(page), []);
  await details.getByRole('button', { name: 'the "best"' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await field().inputValue(), 'name:drawn-0.svg keyword:"the \\"best\\""');
  await heading('1 picture').waitFor();
});

test('a picture whose disk is away says so on its card and in its details', async () => {
  await page.goto(`${hone.url}/#/s?w=is%3Aunreachable`);
  await heading('1 picture').waitFor();
  const card = page.locator('[role=gridcell]').first();
  assert.match(await card.getAttribute('aria-label'), /Not there now\./);
  await card.getByText('Not there now').waitFor();
  await card.click();
  await page.getByText(/Not there now: its disk or folder is away/).waitFor();
  assert.deepEqual(await breaches(page), []);
});

test('nothing passes: said plainly, with a way out', async () => {
  await page.goto(`${hone.url}/#/s?q=drawn&w=name%3Anowhere`);
  await heading('No picture passes this filter').waitFor();
  await page.getByRole('button', { name: 'Without the filter' }).click();
  await page.getByText(/possible, of 60/).waitFor();
});

test('nothing went wrong or elsewhere', () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(
    visit.errors.filter((line) => !/status of 400/.test(line)),
    [],
  );
});
