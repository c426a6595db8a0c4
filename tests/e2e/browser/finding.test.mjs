// SPDX-License-Identifier: GPL-3.0-or-later
// A photo is found from a coarse query text in at most four rounds by a simulated user who sees only the page: it
// marks photos of the same kind as the target, rejects clearly different ones, and presses R.
//
//   HONE_BIN=... HONE_PHOTOS=.../images node --test tests/e2e/browser/finding.test.mjs
//
// Against a real server and photos with captions: HONE_CAPTIONS, or captions.json next to the folder of HONE_PHOTOS, a
// list of {"file", "captions", "categories"}. HONE_METHOD selects another method. Skipped without photos.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, server } from './support.mjs';

const { HONE_URL, HONE_BIN, HONE_PHOTOS, HONE_METHOD } = process.env;
const captions =
  process.env.HONE_CAPTIONS ??
  (HONE_PHOTOS ? join(dirname(HONE_PHOTOS.replace(/\/+$/, '')), 'captions.json') : '');
const skip =
  !HONE_BIN && !HONE_URL
    ? 'needs a real server: HONE_BIN with HONE_PHOTOS, or HONE_URL'
    : !captions || !existsSync(captions)
      ? 'needs to know what the photos show: HONE_CAPTIONS, or captions.json next to HONE_PHOTOS'
      : false;
if (skip) console.log(`skipped: ${skip}`);
const known = skip ? [] : JSON.parse(readFileSync(captions, 'utf8'));

const mostRounds = 4;
/** Screens that the simulated user looks at in each round. */
const screens = 3;
const mostFits = 4;
const mostNot = 4;
/** Query texts that are far too coarse, and the kind of the target photo: kinds of COCO's photos, and of the samples. */
const searches = [
  { words: 'an animal', kind: 'cat' },
  { words: 'a vehicle', kind: 'boat' },
  { words: 'indoors', kind: 'toilet' },
  { words: 'a machine', kind: 'flower' },
  { words: 'a building', kind: 'animal' },
  { words: 'a person', kind: 'landscape' },
].filter(({ kind }) => known.some(({ categories }) => categories.includes(kind)));

let hone;
let visit;
let page;
/** Contents of each photo by file name: its kinds, and the words of its captions. */
const shows = new Map();

const tooCommon = new Set(
  'a an the of in on at to and or is are with that this there it its his her some two three one near by from up down next front top side over under very large small person people man woman standing sitting laying view picture photo'.split(
    ' ',
  ),
);
const wordsOf = (texts) =>
  new Set(
    (
      texts
        .join(' ')
        .toLowerCase()
        .match(/[a-z]+/g) ?? []
    ).filter((word) => !tooCommon.has(word)),
  );
const shared = (one, other) => [...one].filter((word) => other.has(word)).length;

before(async () => {
  if (skip) return;
  for (const { file, captions: texts, categories } of known)
    shows.set(basename(file), { kinds: new Set(categories), words: wordsOf(texts) });
  hone = await server();
  const end = Date.now() + 300_000;
  for (;;) {
    const status = await (await fetch(`${hone.url}/api/v1/status`)).json();
    if (status.indexing.state === 'idle' && status.searchable > 0) break;
    assert.ok(Date.now() < end, `still indexing after five minutes: ${status.searchable} can be searched`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  visit = await browser(hone.url);
  page = visit.page;
  await page.emulateMedia({ reducedMotion: 'reduce' });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

/**
 * A photo of the kind that query text alone ranks after the likely photos and two screens: the middle one of them, so
 * that it is neither the easiest nor the hardest. Only this choice asks the server; the simulated user does not.
 */
async function chooseTarget({ words, kind }) {
  const answer = await fetch(`${hone.url}/api/v1/search`, {
    method: 'POST',
    body: JSON.stringify({ text: words, limit: 1000 }),
  });
  const { likely, results } = await answer.json();
  const first = Math.max(likely, 40);
  const far = results
    .map(({ path, id }, rank) => ({ name: basename(path), id, rank: rank + 1 }))
    .filter(({ name, rank }) => rank > first && shows.get(name)?.kinds.has(kind));
  return far[Math.floor((far.length - 1) / 2)];
}

/** File names and ids of the cards on screen that no floating part covers. */
const onScreen = () =>
  page.evaluate(() => {
    const head = document.querySelector('[data-head]')?.getBoundingClientRect().bottom ?? 0;
    const dock = document.querySelector('[data-dock]')?.getBoundingClientRect().top ?? innerHeight;
    return [...document.querySelector('[role=grid]').querySelectorAll('[role=gridcell]')]
      .filter((card) => {
        const { top, bottom } = card.getBoundingClientRect();
        const middle = (top + bottom) / 2;
        return middle > head && middle < dock;
      })
      .map((card) => ({
        id: card.dataset.id,
        name: /^Photo [\d,]+: ([^,]+?\.\w+)/.exec(card.getAttribute('aria-label'))?.[1] ?? '',
        marked: /, (fits|not this)\.$/.test(card.getAttribute('aria-label')),
      }));
  });

async function mark(id, key) {
  await page.locator(`[role=gridcell][data-id="${id}"]`).first().focus();
  await page.keyboard.press(key);
}

const round = async () =>
  Number((await page.locator('[aria-current=step] b').textContent())?.match(/\d+/)?.[0] ?? 1);

/** Searches the round on screen; true when it contains the target. */
async function lookThrough(target, log) {
  const kind = shows.get(target.name);
  const seen = new Map();
  let fits = 0;
  let not = 0;
  if ((await page.getByRole('grid').first().getByRole('gridcell').count()) < 15)
    await page.keyboard.press('e');
  for (let screen = 0; screen < screens; screen++) {
    await page.waitForTimeout(900);
    const cards = await onScreen();
    if (cards.some((card) => card.name === target.name)) {
      log.push(`found on screen ${screen + 1}`);
      return true;
    }
    for (const card of cards) {
      if (card.marked || seen.has(card.name)) continue;
      seen.set(card.name, card);
      const shown = shows.get(card.name);
      if (!shown) continue;
      const same = shown.kinds.has(target.kind);
      const other = shared(shown.kinds, kind.kinds) === 0 && shared(shown.words, kind.words) === 0;
      if (same && fits < mostFits) {
        fits++;
        await mark(card.id, 'f');
      } else if (other && not < mostNot) {
        not++;
        await mark(card.id, 'x');
      }
    }
    await page.mouse.move(720, 500);
    await page.mouse.wheel(0, 560);
  }
  log.push(`${seen.size} seen, ${fits} fit, ${not} not`);
  return false;
}

for (const search of searches)
  test(
    `“${search.words}” leads to a photo of a ${search.kind} in at most ${mostRounds} rounds`,
    { skip },
    async (t) => {
      const target = await chooseTarget(search);
      if (!target) {
        t.skip(`these words find every photo of a ${search.kind} at once`);
        return;
      }
      target.kind = search.kind;
      const method = HONE_METHOD ? `&m=${HONE_METHOD}` : '';
      await page.goto(`${hone.url}/#/`);
      await page.reload();
      await page.goto(`${hone.url}/#/s?q=${encodeURIComponent(search.words)}${method}`);
      await page.getByRole('region', { name: 'End of the list' }).waitFor();
      const log = [`${target.name}, number ${target.rank} by words alone`];
      let found = false;
      for (let number = 1; number <= mostRounds && !found; number++) {
        found = await lookThrough(target, log);
        if (found || number === mostRounds) break;
        await page.keyboard.press('r');
        await page.waitForFunction(
          (wanted) =>
            document.querySelector('[aria-current=step] small')?.textContent.includes('likely') &&
            document.querySelector('[aria-current=step] b')?.textContent === wanted,
          `Round ${number + 1}`,
        );
        await page.waitForFunction(() => scrollY === 0);
      }
      const rounds = found && (await page.locator('[aria-current=step]').count()) > 0 ? await round() : 1;
      console.log(`${search.words}: ${log.join('; ')}`);
      assert.ok(found, `not found in ${mostRounds} rounds: ${log.join('; ')}`);
      assert.ok(rounds > 1 && rounds <= mostRounds, `found in round ${rounds}`);
    },
  );

test('no request left the host and no error was written', { skip }, () => {
  assert.deepEqual(visit.elsewhere, []);
  assert.deepEqual(visit.errors, []);
});
