// SPDX-License-Identifier: GPL-3.0-or-later
// Refining a search beyond the query text: facets, style terms, "none of these", the reasons for a photo's position,
// groups, and the way back to any round.
//
//   node --test tests/e2e/browser/rounds.test.mjs
//
// Always against the mock server, whose made-up numbers add up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

let hone;
let visit;
let page;
/** What was sent to the search, in order. */
const sent = [];

before(async () => {
  hone = await server({ onlyMock: true, mock: ['--count', '240', '--seconds', '0'] });
  visit = await browser(hone.url);
  page = visit.page;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/search')) sent.push(request.postDataJSON());
  });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

const cells = () => page.getByRole('grid').first().getByRole('gridcell');
const dock = () => page.getByRole('complementary', { name: 'Marks' });
const facet = (name) => dock().locator(`[data-facet=${name}]`);
const heard = (pattern) =>
  page.waitForFunction(
    ([source]) =>
      new RegExp(source).test([...document.querySelectorAll('[role=status]')].at(-1)?.textContent),
    [pattern.source],
  );
const hash = () => page.evaluate(() => location.hash);
const nowBreaches = async (state) => assert.deepEqual(await breaches(page), [], `accessibility: ${state}`);
const shownLongEnough = () => page.waitForTimeout(1000);
const asked = async (matching) => {
  const end = Date.now() + 10_000;
  while (!sent.some(matching)) {
    assert.ok(Date.now() < end, `not requested: ${JSON.stringify(sent.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return sent.findLast(matching);
};
const answered = () => page.waitForFunction(() => !document.querySelector('.stale'));
const inRound = (name) =>
  page.waitForFunction(
    (wanted) => document.querySelector('[aria-current=step] b')?.textContent === wanted,
    name,
  );

async function search(words) {
  await page.goto(`${hone.url}/#/`);
  await page.reload();
  sent.length = 0;
  const field = page.getByRole('textbox', { name: 'Search by words' });
  await field.fill(words);
  await field.press('Enter');
  await page.locator('[role=gridcell]:focus').waitFor();
}

test('a style term can be ignored, and used again', async () => {
  await search('drawn red dark');
  const red = page.getByRole('button', { name: 'Style: red' });
  assert.equal(await red.getAttribute('aria-pressed'), 'true');
  await red.click();
  await page.getByRole('button', { name: 'Style ignored: red' }).waitFor();
  assert.deepEqual((await asked((one) => one.style_terms)).style_terms, ['dark']);
  assert.match(await hash(), /&y=dark/);
  await heard(/Style “red” is ignored\./);
  await nowBreaches('style terms');
  await page.reload();
  await page.getByRole('button', { name: 'Style ignored: red' }).click();
  await red.waitFor();
  assert.equal(sent.at(-1).style_terms, undefined);
  assert.doesNotMatch(await hash(), /y=/);
});

test('digits boost facets at once, with a frame and in the link; 0 resets them', async () => {
  await search('drawn');
  await page.keyboard.press('f');
  await dock().waitFor();
  await page.keyboard.press('Digit2');
  assert.equal((await asked((one) => one.facets)).facets.style, 2);
  await page.locator('[data-facet=style].set').waitFor();
  await heard(/^Style: more\. Words: \d+ likely, \d+ possible\./);
  assert.match(
    await facet('style').getAttribute('aria-label'),
    /Style: more, set by you\. Your marks: no preference yet \(0\.50\)/,
  );
  await page.locator('[role=gridcell]:focus').waitFor();
  await page.keyboard.press('Shift+Digit4');
  await page.locator('[data-facet=moment].set').waitFor();
  await page.locator('[role=gridcell]:focus').waitFor();
  await page.keyboard.press('Shift+Digit4');
  await asked((one) => one.facets?.moment === 0);
  assert.match(await hash(), /&c=l3m0/);
  await nowBreaches('facets');
  await page.keyboard.press('0');
  await page.waitForFunction(() => !document.querySelector('[data-facet].set'));
  assert.doesNotMatch(await hash(), /c=/);
});

test('a facet without data cannot be boosted and shows the reason', async () => {
  const people = facet('people');
  assert.equal(await people.getByRole('button', { name: 'More People' }).isDisabled(), true);
  assert.match(await people.getAttribute('aria-label'), /People: no data\. No faces are indexed yet\./);
  const before = sent.length;
  await page.keyboard.press('Digit3');
  await page.getByText('People can’t be boosted: no faces are indexed yet.').first().waitFor();
  assert.equal(sent.length, before);
});

test('how marks count: the method, the preference of the marks, the setting of the person', async () => {
  await dock().getByRole('button', { name: 'How marks count', exact: true }).click();
  const panel = page.getByRole('dialog', { name: 'How marks count' });
  await panel.waitFor();
  assert.equal(await panel.getByRole('option').count(), 8);
  await panel.getByRole('button', { name: 'More Subject' }).click();
  await asked((one) => one.facets?.content === 2);
  await panel.locator('.set', { hasText: 'more' }).first().waitFor();
  await nowBreaches('how marks count');
  await panel.getByRole('button', { name: /Reset/ }).click();
  await panel.getByLabel('Method').selectOption({ label: 'Away from photos that don’t fit' });
  assert.match(await hash(), /m=rocchio/);
  await panel.getByLabel('Method').selectOption({ label: 'Hone (learns from all marks)' });
  assert.doesNotMatch(await hash(), /m=/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

test('W shows the reasons for a photo’s position, one per share of its score', async () => {
  await search('drawn red');
  await page.keyboard.press('f');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('x');
  await shownLongEnough();
  await page.keyboard.press('r');
  await inRound('Round 2');
  // The focus leaves the marked photo when the new round is there.
  const unmarked = page.locator('[role=gridcell]:focus:not([aria-label*="fit"])');
  await unmarked.waitFor();
  await answered();
  const id = await unmarked.getAttribute('data-id');
  await page.keyboard.press('w');
  const why = page.getByRole('dialog', { name: 'Why this photo?' });
  await why.waitFor();
  const causes = await why.getByRole('listitem').evaluateAll((all) =>
    all.map((one) => ({
      text: one.querySelector('.vh').textContent,
      value: Number(one.querySelector('.value').textContent.replace('−', '-')),
      down: one.querySelector('i').classList.contains('down'),
      mark: one.querySelector('img')?.getAttribute('src') ?? '',
    })),
  );
  const answer = await (
    await fetch(`${hone.url}/api/v1/search`, {
      method: 'POST',
      body: JSON.stringify(sent.findLast((one) => one.like && !one.show)),
    })
  ).json();
  const result = answer.results.find((one) => one.id === id);
  const from = new Set(
    result.reasons.map((one) => (one.facet === 'moment' ? 'moment' : one.from)).filter((one) => one),
  );
  assert.equal(causes.length, from.size, 'exactly one bar per cause');
  for (const cause of causes) assert.equal(cause.down, cause.value < 0 || /lowers/.test(cause.text));
  const sum = causes.reduce((all, cause) => all + cause.value, 0);
  assert.ok(Math.abs(sum - result.score) < 0.005 * causes.length, `${sum} is not ${result.score}`);
  assert.match(await why.innerText(), new RegExp(`Score ${result.score.toFixed(2)}`));
  // Its text rank comes from the same search without marks.
  const alone = await (
    await fetch(`${hone.url}/api/v1/search`, {
      method: 'POST',
      body: JSON.stringify({ text: 'drawn red', style_terms: [], collapse: false, show: 'all', limit: 240 }),
    })
  ).json();
  const number = alone.results.findIndex((one) => one.id === id) + 1;
  assert.equal(result.text_rank, number);
  assert.match(await why.innerText(), new RegExp(`Rank by words alone: ${number}\\.`));
  const { like, unlike } = sent.findLast((one) => one.like);
  assert.ok(causes.some((cause) => cause.mark.includes(like[0]) && /^Fits/.test(cause.text)));
  assert.ok(causes.some((cause) => cause.mark.includes(unlike[0]) && /^Not this/.test(cause.text)));
  assert.ok(causes.some((cause) => /^Style: red: /.test(cause.text)));
  await nowBreaches('why');
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'detached' });
  assert.equal(await page.locator('[role=gridcell]:focus').getAttribute('data-id'), id, 'the focus is back');
});

test('the reasons offer actions: less of a facet, removing a mark, finding similar photos', async () => {
  const why = page.getByRole('dialog', { name: 'Why this photo?' });
  await page.keyboard.press('w');
  await why.getByRole('button', { name: 'Less Subject' }).click();
  await why.waitFor({ state: 'detached' });
  await asked((one) => one.facets?.content === 0.5);
  await page.locator('[data-facet=content].set').waitFor();
  await answered();
  await cells().nth(2).focus();
  await page.keyboard.press('w');
  const marks = await dock().locator('.th button').count();
  await why.getByRole('button', { name: 'Remove this mark' }).click();
  await page.waitForFunction(
    (count) => document.querySelectorAll('[data-dock] .th button').length < count,
    marks,
  );
  await cells().nth(2).focus();
  const id = await cells().nth(2).getAttribute('data-id');
  await page.keyboard.press('w');
  await why.getByRole('button', { name: 'Find similar photos' }).click();
  await page.getByText('Like this photo').waitFor();
  assert.equal(sent.at(-1).from, id);
});

test('a mark has double or half strength: by key, in the panel of the dock, in the link, and back', async () => {
  await search('drawn');
  await page.keyboard.press('d');
  await page.getByText('Mark this photo first: F if it fits, X if it doesn’t.').first().waitFor();
  await page.keyboard.press('f');
  const card = page.locator('[role=gridcell]:focus');
  const id = await card.getAttribute('data-id');
  await page.keyboard.press('d');
  await heard(/^Double strength: drawn-\d+\.svg\. 1 fits\./);
  assert.match(await card.getAttribute('aria-label'), /, fits, double strength\.$/);
  assert.equal(await card.locator('.tag').getAttribute('data-weight'), '×2');
  assert.equal(await dock().locator('.weight').getAttribute('data-weight'), '×2');
  assert.match(await hash(), /&r=0d-/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('x');
  await nowBreaches('a mark of double strength');
  await page.keyboard.press('r');
  await inRound('Round 2');
  assert.deepEqual((await asked((one) => one.like)).weights, { [id]: 2 });

  // All marks with their strength; the label of a kind of marks opens the panel.
  const label = dock().getByRole('button', { name: 'Not this: 1. Mark strength' });
  // The new round moves the focus to its first photo, which may come late on a busy machine.
  await page.locator('[role=gridcell]:focus:not([aria-label*="fit"])').waitFor();
  const panel = page.getByRole('dialog', { name: 'Mark strength' });
  // A focus that moves between the two steps of press() takes the key.
  for (let attempt = 0; attempt < 5 && !(await panel.isVisible()); attempt += 1) {
    await label.press('Enter');
    await panel.waitFor({ timeout: 4000 }).catch(() => undefined);
  }
  await panel.waitFor();
  assert.equal(await panel.getByRole('listitem').count(), 2);
  const not = panel.getByRole('list', { name: 'Not this' });
  assert.match(await not.innerText(), /×1/);
  const less = not.getByRole('button', { name: /^Weaker/ });
  await less.focus();
  await page.keyboard.press('Enter');
  await heard(/^Half strength: /);
  await not.getByText('×½').waitFor();
  assert.equal(await less.isDisabled(), true);
  assert.equal(await less.evaluate((one) => one === document.activeElement), true, 'the focus stays');
  await nowBreaches('mark strength');
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  assert.equal(await label.evaluate((one) => one === document.activeElement), true, 'the focus is back');
  assert.match(await hash(), /&r=0d-1~0d-1h&n=1/);
  await page.reload();
  await dock()
    .getByRole('button', { name: /^Not this: .*, half strength\. Remove this mark/ })
    .waitFor();
  await page.keyboard.press('r');
  await inRound('Round 3');
  await page.locator('[role=gridcell]:focus').waitFor();
  assert.equal(Object.values((await asked((one) => one.weights)).weights).length, 2);
  await page.getByRole('button', { name: /^Round 3.*1 new strength/ }).waitFor();

  // Reasons: each mark's share is next to its bar. U undoes the last change.
  await page.keyboard.press('w');
  await page.getByText(/^double strength: /).waitFor();
  await page.keyboard.press('Escape');
  await label.click();
  await not.getByRole('button', { name: /^Stronger/ }).click();
  await not.getByText('×1').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('u');
  await page.waitForFunction(() => document.querySelectorAll('[data-dock] .weight').length === 2);
  await label.click();
  await not.getByRole('button', { name: /Remove this mark/ }).click();
  assert.equal(await not.count(), 0);
  await panel.getByRole('button', { name: /Close/ }).click();
});

test('none of these: a round without a mark shows a variety', async () => {
  await search('drawn');
  await shownLongEnough();
  const others = page.getByRole('button', { name: /None of these – show me others/ });
  await others.waitFor();
  await nowBreaches('seen without a mark');
  await page.keyboard.press('r');
  await inRound('Round 2');
  const line = 'Nothing is marked as fitting yet, so here’s a variety.';
  await page.locator('p', { hasText: line }).waitFor();
  await heard(/^Round 2: .*Nothing is marked as fitting yet/);
  const first = sent.find((one) => one.seen && !one.show);
  assert.equal(first.like, undefined);
  assert.equal(first.unlike, undefined);
  assert.ok(first.seen.length >= 10);
  // The same question for the photos shown before, which are listed below.
  const again = await asked((one) => one.show === 'seen');
  assert.deepEqual(again.seen, first.seen);
  await page.getByRole('heading', { name: 'Seen before' }).waitFor();
  const card = page.locator('[role=gridcell]:focus');
  assert.match(await card.getAttribute('aria-label'), /different from what you’ve seen/);
  await card.locator('[data-kind="Something different"]').waitFor();
  await nowBreaches('explored');
  // Once more, then a mark: pages explore until the first one.
  await shownLongEnough();
  await page.keyboard.press('r');
  await inRound('Round 3');
  await page.locator('[role=gridcell]:focus').waitFor();
  const third = sent.findLast((one) => one.seen && !one.show);
  assert.ok(third.seen.length > first.seen.length, 'implicit negatives add up');
  await page.keyboard.press('f');
  await page.keyboard.press('r');
  await inRound('Round 4');
  await page.locator('p', { hasText: line }).waitFor({ state: 'detached' });
});

test('back to any round, each with the marks made there, and forward again', async () => {
  const rounds = page.getByRole('navigation', { name: 'Rounds' });
  const link = await hash();
  await rounds.getByRole('button', { name: /^Round 3/ }).click();
  await inRound('Round 3');
  await page.waitForFunction(() => document.querySelectorAll('.card.fits').length === 1);
  await rounds.getByRole('button', { name: /^Words/ }).click();
  await inRound('Words');
  assert.equal(await page.locator('.card.fits').count(), 0);
  await page.keyboard.press('r');
  await inRound('Round 2');
  await page.locator('p', { hasText: 'Nothing is marked as fitting yet' }).waitFor();
  await rounds.getByRole('button', { name: /^Round 4/ }).click();
  await inRound('Round 4');
  assert.equal(await hash(), link);
  await page.keyboard.press('Shift+Z');
  await inRound('Round 3');
  await page.goBack();
  await inRound('Round 4');
  const seen = sent.findLast((one) => one.like && !one.show).seen;
  assert.ok(seen.length > 0, 'the history keeps the implicit negatives');
});

test('photos of earlier rounds are below, mixed in or hidden', async () => {
  const chip = page.getByRole('button', { name: /^Seen before/ });
  await page.getByRole('heading', { name: 'Seen before' }).waitFor();
  await chip.click();
  await page.getByRole('button', { name: 'Seen before: mixed in' }).waitFor();
  await asked((one) => one.show === 'all');
  await page.getByRole('heading', { name: 'Seen before' }).waitFor({ state: 'detached' });
  await chip.click();
  await page.getByRole('button', { name: 'Seen before: hidden' }).waitFor();
  await chip.click();
  await page.getByRole('heading', { name: 'Seen before' }).waitFor();
});

test('with contradicting marks the words decide, and a line explains it', async () => {
  await search('drawn');
  await page.keyboard.press('f');
  for (let photo = 0; photo < 3; photo++) {
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('x');
  }
  await page.keyboard.press('r');
  await inRound('Round 2');
  await page
    .locator('p', { hasText: 'Your marks contradict each other, so only the words decide the order.' })
    .waitFor();
});

test('without a clear match, the page names the words and shows the closest photos', async () => {
  await search('zzyzx');
  await page.getByRole('heading', { name: 'No clear match for “zzyzx”' }).waitFor();
  assert.equal(await page.getByRole('grid', { name: 'Closest photos' }).count(), 1);
  assert.ok((await cells().count()) > 10);
  await nowBreaches('nothing fits');
});

test('an overview shows photos first that differ from each other', async () => {
  await search('drawn');
  const first = await cells().evaluateAll((all) => all.map((one) => one.dataset.id));
  const chip = page.getByRole('button', { name: 'Overview' });
  await chip.click();
  await asked((one) => one.diverse === true);
  await page.waitForFunction(
    (old) =>
      [...document.querySelectorAll('[role=gridcell]')].some((one, place) => one.dataset.id !== old[place]),
    first,
  );
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  assert.match(await hash(), /d=1/);
});

test('a group shows its size and opens with all its versions', async () => {
  await search('drawn');
  const card = page.locator('[role=gridcell]', { has: page.locator('[data-count="+2"]') }).first();
  await card.waitFor();
  assert.match(await card.getAttribute('aria-label'), / 3 versions\./);
  const id = await card.getAttribute('data-id');
  await card.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const group = dialog.getByRole('group', { name: 'Versions of this photo' });
  await group.waitFor();
  assert.equal(await group.getByRole('button').count(), 3);
  const title = await dialog.getAttribute('aria-label');
  await page.keyboard.press('ArrowDown');
  await dialog.locator('.film .now.group').waitFor();
  assert.equal(
    await group
      .locator('[aria-current=true]')
      .getAttribute('aria-label')
      .then((one) => one[0]),
    '2',
  );
  assert.equal(await dialog.getAttribute('aria-label'), title, 'still the same group of the list');
  await page.keyboard.press('f');
  await nowBreaches('group');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.waitForFunction((wanted) => document.activeElement?.getAttribute('data-id') === wanted, id);
  assert.equal(await dock().locator('.th.fits button').count(), 1);
});

test('the open photo shows the reasons, too', async () => {
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const button = dialog.getByRole('button', { name: /Why this photo/ });
  assert.equal(await button.getAttribute('aria-expanded'), 'false');
  await page.keyboard.press('w');
  await dialog.getByText(/Score \d\.\d\d, the sum of these \d/).waitFor();
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  await nowBreaches('why in the lightbox');
  await page.keyboard.press('Escape');
});

test('everything fits a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await search('drawn red');
  await page.keyboard.press('f');
  await dock().waitFor();
  await facet('style')
    .getByRole('button', { name: /How marks count/ })
    .click();
  const panel = page.getByRole('dialog', { name: 'How marks count' });
  await panel.getByRole('button', { name: 'More Style' }).click();
  await asked((one) => one.facets?.style === 2);
  const box = await panel.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y >= 0);
  await nowBreaches('facets on a phone');
  await panel.getByRole('button', { name: /Close/ }).click();
  await page.waitForFunction(() => document.documentElement.scrollWidth <= 390, null, { timeout: 3000 });
  await cells().first().focus();
  await page.keyboard.press('w');
  const sheet = page.getByRole('dialog', { name: 'Why this photo?' });
  await sheet.waitFor();
  const at = await sheet.boundingBox();
  assert.ok(Math.abs(at.y + at.height - 844) <= 1, 'a sheet at the bottom');
  await nowBreaches('why on a phone');
  await page.keyboard.press('w');
  await sheet.waitFor({ state: 'detached' });
});

test('no request left the host and no error was written', () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(visit.errors, []);
});
