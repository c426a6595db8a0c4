// SPDX-License-Identifier: GPL-3.0-or-later
// People: names, merges, questions, splits and their undo; the faces in an open photo; no face model.
//
//   node --test tests/e2e/browser/people.test.mjs
//
// Always against the mock server, which has known people.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

let hone;
let bare;
let visit;
let page;

before(async () => {
  hone = await server({ onlyMock: true, mock: ['--count', '80', '--seconds', '0', '--faces'] });
  bare = await server({ onlyMock: true, mock: ['--count', '20', '--seconds', '0'] });
  visit = await browser(hone.url);
  page = visit.page;
  await page.goto(hone.url);
});

after(async () => {
  await visit?.close();
  await hone?.stop();
  await bare?.stop();
});

const cards = () => page.getByRole('list', { name: 'People' }).getByRole('listitem');
const cardNamed = (name) => cards().filter({ has: page.getByRole('link', { name }) });
const notice = (text) => page.locator('.notice').filter({ hasText: text });
const hash = () => page.evaluate(() => location.hash);
const wait = async (condition, message) => {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return;
    await page.waitForTimeout(50);
  }
  assert.fail(message);
};

test('G P lists people: named first, unnamed with a field for the name', async () => {
  await page.locator('[role=gridcell]').first().waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.getByRole('heading', { name: 'People', exact: true }).waitFor();
  await cards().first().waitFor();
  assert.equal(await hash(), '#/people');
  const names = await cards().evaluateAll((all) =>
    all.map((card) => card.querySelector('b')?.textContent ?? ''),
  );
  assert.deepEqual(names.slice(0, 2), ['Anna', 'Ben Old']);
  assert.equal(names.includes('Carla'), false, 'hidden');
  assert.ok((await page.getByRole('combobox').count()) >= 2);
  assert.deepEqual(await breaches(page), []);
});

test('a person gets a name, and undo removes it', async () => {
  const field = page.getByRole('combobox').first();
  await field.fill('Dora');
  await field.press('Enter');
  await notice(/^Named \d+ faces Dora\./).waitFor();
  await cardNamed(/^Dora,/).waitFor();
  await wait(
    () => page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.startsWith('Dora')),
    'the focus is on the card that was named',
  );
  await page.keyboard.press('Control+z');
  await notice(/^Undone: named/).waitFor();
  await cardNamed(/^Dora,/).waitFor({ state: 'detached' });
});

test('the field suggests a known name, which merges the two', async () => {
  const people = await cards().count();
  const field = page.getByRole('combobox').first();
  await field.fill('an');
  await page.getByRole('option', { name: /Anna/ }).waitFor();
  assert.deepEqual(await breaches(page), []);
  await field.press('ArrowDown');
  await field.press('Enter');
  await notice(/^Merged 2 people, \d+ faces, into Anna\./).waitFor();
  await wait(async () => (await cards().count()) === people - 1, 'one person less');
  await notice(/^Merged/)
    .getByRole('button', { name: 'Undo' })
    .click();
  await wait(async () => (await cards().count()) === people, 'both are back');
});

test('a key answers a question, and another one can wait', async () => {
  const question = page.getByRole('region', { name: 'Question about a face' });
  await question.getByRole('heading', { name: 'Is this also Anna?' }).waitFor();
  assert.equal(await question.getByRole('img').count(), 2);
  await page.locator('#main').focus();
  await page.keyboard.press('n');
  await notice(/Marked \d+ faces? as not Anna/).waitFor();
  await question.getByRole('button', { name: 'Skip' }).click();
  await page.getByRole('button', { name: 'History' }).click();
  await page
    .getByRole('region', { name: 'Changes to people' })
    .getByText(/Marked \d+ faces? as not Anna/)
    .waitFor();
  assert.deepEqual(await breaches(page), []);
  await page.getByRole('button', { name: 'History' }).click();
});

test('several people are selected: two names ask which to keep, a search uses both', async () => {
  await cardNamed(/^Anna,/)
    .getByRole('checkbox')
    .check();
  await cardNamed(/^Ben Old,/)
    .getByRole('checkbox')
    .check();
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  await bar.getByText(/^2 people/).waitFor();
  assert.equal(await bar.getByRole('button', { name: 'Merge as Anna' }).count(), 1);
  assert.deepEqual(await breaches(page), []);
  await bar.getByRole('button', { name: 'Search for these people' }).click();
  await page.getByRole('textbox', { name: 'Filter' }).waitFor();
  assert.equal(
    await page.getByRole('textbox', { name: 'Filter' }).inputValue(),
    'people:Anna people:"Ben Old"',
  );
  await page.goBack();
  await cards().first().waitFor();
});

test('keys select, merge and hide the person with the focus, and undo', async () => {
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  const all = await cards().count();
  await cardNamed(/^Ben Old,/)
    .getByRole('link')
    .focus();
  await page.keyboard.press('m');
  await notice(/^Select at least two people to merge/).waitFor();
  // One person is hidden, and the focus moves to the next card.
  await page.keyboard.press('h');
  await notice(/^Hid Ben Old\./).waitFor();
  await cardNamed(/^Ben Old,/).waitFor({ state: 'detached' });
  assert.match(await focused(), /^Unnamed person,/);
  await page.keyboard.press('u');
  await notice(/^Undone: hid Ben Old/).waitFor();
  await cardNamed(/^Ben Old,/).waitFor();
  // A named and an unnamed person: merged at once.
  await cardNamed(/^Anna,/)
    .getByRole('link')
    .focus();
  await page.keyboard.press('Space');
  await page
    .getByRole('toolbar', { name: 'Selection' })
    .getByText(/^1 person/)
    .waitFor();
  await cards().nth(2).getByRole('link').focus();
  await page.keyboard.press('m');
  await notice(/^Merged 2 people, \d+ faces, into Anna\./).waitFor();
  await wait(async () => (await cards().count()) === all - 1, 'one person less');
  await page.keyboard.press('Control+z');
  await wait(async () => (await cards().count()) === all, 'both are back');
  // Two names: the bar asks which one stays, and has the focus.
  await cardNamed(/^Anna,/)
    .getByRole('link')
    .focus();
  await page.keyboard.press('Space');
  await cardNamed(/^Ben Old,/)
    .getByRole('link')
    .focus();
  await page.keyboard.press('m');
  await wait(
    () => page.evaluate(() => document.activeElement?.textContent?.trim() === 'Merge as Anna'),
    'the focus is on the first name',
  );
  assert.deepEqual(await breaches(page), []);
  await page.keyboard.press('Escape');
  await page.getByRole('toolbar', { name: 'Selection' }).waitFor({ state: 'detached' });
});

test('hidden people appear on demand', async () => {
  await cardNamed(/^Ben Old,/)
    .getByRole('checkbox')
    .check();
  await page.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Hide' }).click();
  await cardNamed(/^Ben Old,/).waitFor({ state: 'detached' });
  await page.getByRole('checkbox', { name: 'Show hidden' }).check();
  await cardNamed(/^Ben Old,.*hidden/).waitFor();
  await cardNamed(/^Carla,.*hidden/).waitFor();
  await page.getByRole('checkbox', { name: 'Show hidden' }).uncheck();
  await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await cardNamed(/^Ben Old,/).waitFor();
});

test('a person: rename, move a face, remove a face, open a photo, search', async () => {
  await cardNamed(/^Anna,/)
    .getByRole('link')
    .click();
  await page.getByRole('heading', { name: 'Anna', exact: true }).waitFor();
  assert.equal(await hash(), '#/people/1');
  assert.deepEqual(await breaches(page), []);
  await page.getByRole('button', { name: 'Rename' }).click();
  const field = page.getByRole('combobox', { name: 'Name of this person' });
  await field.fill('Ben Old');
  await field.press('Enter');
  await notice(/Another person is named Ben Old/)
    .getByRole('button', { name: 'Merge' })
    .click();
  await notice(/Merged 2 people, \d+ faces, into Ben Old/).waitFor();
  await page.getByRole('heading', { name: 'Ben Old', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await notice(/^Undone/).waitFor();
  await page.getByRole('heading', { name: 'Anna', exact: true }).waitFor();
  await page.getByRole('checkbox', { name: 'Select face 2', exact: true }).check();
  await page.getByRole('button', { name: 'Move to a new person' }).click();
  await notice(/^Moved 1 face to a new person\./).waitFor();
  await page.getByRole('checkbox', { name: 'Select face 1', exact: true }).check();
  await page.getByRole('button', { name: 'Remove from Anna' }).click();
  await notice(/Marked \d+ faces? as not Anna/).waitFor();
  await page.getByRole('button', { name: /^Face 1 of/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByText(/drawn-\d+\.svg/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Search these photos' }).click();
  await page.getByRole('textbox', { name: 'Filter' }).waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Filter' }).inputValue(), 'people:Anna');
});

test('an open photo lists its faces, B shows boxes, and a name can be entered', async () => {
  await page.goto(`${hone.url}/#/s?w=name%3Adrawn-12.svg`);
  await page.locator('[role=gridcell]').first().click();
  const faces = page.getByRole('dialog').getByRole('region', { name: 'Faces' });
  await faces.getByRole('heading', { name: '2 faces' }).waitFor();
  const shown = await faces.textContent();
  assert.match(shown, /est\. \d+–\d+ · (wo)?man/);
  assert.match(shown, /A model estimated age and gender from this photo alone\./);
  assert.equal(await page.locator('.fb').count(), 0);
  await page.keyboard.press('b');
  await wait(async () => (await page.locator('.fb').count()) === 2, 'both faces have boxes');
  assert.deepEqual(await breaches(page), []);
  const face = await faces.getByRole('button', { name: /^Face \d of 2: Anna/ }).getAttribute('data-face-row');
  const row = faces.locator(`[data-face-row="${face}"]`);
  await row.click();
  await faces.getByRole('button', { name: 'Find similar faces' }).click();
  await faces
    .getByRole('group', { name: /^Similar faces/ })
    .getByRole('button')
    .last()
    .click();
  assert.deepEqual(await breaches(page), []);
  const before = await row.textContent();
  await faces
    .getByRole('button', { name: /^Remove from / })
    .first()
    .click();
  await notice(/^Marked 1 face as not /).waitFor();
  await wait(async () => (await row.textContent()) !== before, 'the face no longer has a name');
  const field = faces.getByRole('combobox');
  await field.fill('Emil');
  await field.press('Enter');
  await notice(/Marked 1 face as Emil/).waitFor();
  await faces.getByRole('button', { name: /Emil/ }).first().waitFor();
  await page.locator('.lb').focus();
  await page.keyboard.press('u');
  await notice(/Undone: marked/).waitFor();
  await page.keyboard.press('b');
  await page.keyboard.press('Escape');
});

test('dark, and on a phone, nothing is out of reach', async () => {
  await page.goto(`${hone.url}/#/people`);
  await cards().first().waitFor();
  await page.keyboard.press('t');
  // Colours change gradually, not at once.
  await page.waitForTimeout(400);
  assert.deepEqual(await breaches(page), []);
  await page.setViewportSize({ width: 320, height: 700 });
  assert.deepEqual(await breaches(page), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('t');
});

test('without a face model the pages explain it', async () => {
  await page.goto(`${bare.url}/#/people`);
  await page.getByText('No face model is installed.').waitFor();
  assert.deepEqual(await breaches(page), []);
  await page.goto(`${bare.url}/#/s?w=name%3Adrawn-0.svg`);
  await page.locator('[role=gridcell]').first().click();
  await page.getByText('No face model is installed.').waitFor();
  assert.deepEqual(await breaches(page), []);
});

test('no request left the host and no error was written', () => {
  assert.deepEqual(
    visit.elsewhere.filter((url) => !url.startsWith(bare.url)),
    [],
  );
  assert.deepEqual(
    visit.errors.filter((line) => !/status of 409/.test(line)),
    [],
  );
});
