// SPDX-License-Identifier: GPL-3.0-or-later
// The page of models: get one from a hub, pause, resume, use it while searching, and undo.
//
//   HONE_BIN=build/release/hone node --test tests/e2e/browser/models.test.mjs
//
// Needs the real server, a stand-in of a hub (tests/support/hub.py) and the small models of deps/testmodels.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { breaches, browser, server } from './support.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const testmodels = join(root, 'deps/testmodels');
const { HONE_BIN } = process.env;
const skip = HONE_BIN ? false : 'without HONE_BIN there is no model to change';

let hone;
let visit;
let page;
let hub;
let photos;

/** Starts the stand-in of a hub; returns its address. */
function startHub() {
  const python = join(root, 'deps/venv/bin/python');
  hub = spawn(
    python,
    [
      join(root, 'tests/support/hub.py'),
      '0',
      `Xenova/clip-vit-base-patch32=${join(testmodels, 'clip-random')}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    hub.stdout.once('data', (line) => resolve(String(line).trim()));
    hub.once('exit', () => reject(new Error('the hub did not start')));
  });
}

before(async () => {
  if (skip) return;
  process.env.HF_ENDPOINT = await startHub();
  // Twelve photos: enough to search in, and few enough to embed twice.
  photos = mkdtempSync(join(tmpdir(), 'hone-e2e-photos-'));
  const all = readdirSync(process.env.HONE_PHOTOS, { recursive: true }).filter((name) =>
    /\.jpe?g$/i.test(name),
  );
  for (const name of all.slice(0, 12))
    cpSync(join(process.env.HONE_PHOTOS, name), join(photos, basename(name)));
  process.env.HONE_PHOTOS = photos;
  hone = await server({
    prepare: (library) => {
      for (const args of [
        ['models', 'add', join(testmodels, 'other-dimension')],
        ['models', 'use', 'other-dimension'],
      ]) {
        const done = spawnSync(HONE_BIN, [...args, '--library', library], { encoding: 'utf8' });
        assert.equal(done.status, 0, done.stderr);
      }
    },
  });
  visit = await browser(hone.url);
  page = visit.page;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
  hub?.kill();
  if (photos) rmSync(photos, { recursive: true, force: true });
});

const status = async () => (await fetch(`${hone.url}/api/v1/status`)).json();
const search = async () =>
  (
    await fetch(`${hone.url}/api/v1/search`, { method: 'POST', body: JSON.stringify({ text: 'a flower' }) })
  ).json();
const until = async (holds, what) => {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

test('the page of models names the one in use and the recommended one', { skip }, async () => {
  await until(async () => (await status()).searchable >= 12, 'the first scan');
  await page.goto(`${hone.url}/#/library`);
  await page.getByRole('link', { name: 'Change' }).click();
  await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();
  await page.getByText('Searches use it').waitFor();
  await page.getByText('Recommended here').waitFor();
  assert.equal(await page.title(), 'Models – Hone');
  assert.deepEqual(await breaches(page), []);
});

test('a model is fetched, used and taken back while searches continue', { skip }, async () => {
  await page.getByRole('button', { name: 'Get clip-vit-base-patch32' }).click();
  await page.getByRole('button', { name: 'Use clip-vit-base-patch32' }).waitFor();
  await page.getByRole('button', { name: 'Use clip-vit-base-patch32' }).click();
  const models = new Set();
  await until(async () => {
    const found = await search();
    assert.ok(found.results.length > 0, 'every search finds photos');
    models.add(found.model);
    return found.model === 'clip-vit-base-patch32';
  }, 'the switch');
  await page
    .getByRole('listitem')
    .filter({ hasText: 'clip-vit-base-patch32' })
    .getByText('Searches use it')
    .waitFor();
  await page.getByRole('button', { name: 'Use other-dimension' }).click();
  await until(async () => (await search()).model === 'other-dimension', 'the way back');
  await page.getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await search()).model === 'clip-vit-base-patch32', 'and forth again');
  await page.getByRole('button', { name: 'Use other-dimension' }).waitFor();
});

test(
  'a download that cannot work says why, and a model that is not used can be removed',
  { skip },
  async () => {
    await page.getByLabel('Another one').fill('nobody/nothing');
    await page.getByLabel('Another one').press('Enter');
    await page.getByText(/the hub refuses nobody\/nothing/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/the hub refuses/).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove other-dimension' }).click();
    await page.getByRole('button', { name: 'Remove other-dimension' }).waitFor({ state: 'detached' });
    assert.equal((await search()).model, 'clip-vit-base-patch32');
    assert.deepEqual(await breaches(page), []);
    assert.deepEqual(visit.elsewhere, []);
  },
);
