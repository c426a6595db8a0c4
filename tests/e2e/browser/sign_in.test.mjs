// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in as owner and as viewer in a real Chromium, each one's functions, and no requests to other hosts.
//
//   HONE_BIN=... HONE_PHOTOS=... node --test tests/e2e/browser/sign_in.test.mjs
//
// Needs a separate real server (HONE_BIN without HONE_URL), because users are created before it starts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { breaches, browser, server } from './support.mjs';

const { HONE_BIN, HONE_URL, HONE_PHOTOS } = process.env;
const skip = !HONE_BIN || HONE_URL ? 'needs HONE_BIN and no HONE_URL' : false;
/** The folder as Hone names it, without dots. */
const folder = resolve(HONE_PHOTOS ?? '');
const words = process.env.HONE_WORDS ?? 'a dog';
const passwords = { ada: 'correct horse', vera: 'battery staple' };

let hone;
let visit;
let page;
const asked = [];

before(async () => {
  if (skip) return;
  hone = await server({
    prepare(library) {
      for (const [name, role] of [
        ['ada', 'owner'],
        ['vera', 'viewer'],
      ])
        execFileSync(HONE_BIN, ['users', 'add', name, '--role', role, '--library', library], {
          input: `${passwords[name]}\n`,
        });
    },
  });
  visit = await browser(hone.url);
  page = visit.page;
  page.on('response', (response) => asked.push({ url: response.url(), status: response.status() }));
  await page.emulateMedia({ reducedMotion: 'reduce' });
});

after(async () => {
  await visit?.close();
  await hone?.stop();
});

async function signIn(name, password) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const grid = () => page.getByRole('grid').first();
const button = (name) => page.getByRole('button', { name, exact: true });
const rail = () => page.getByRole('navigation', { name: 'Main' });

/** Waits until some photos are on screen. */
async function somePhotos() {
  await grid().getByRole('gridcell').first().waitFor({ timeout: 120_000 });
}

const field = () => page.getByRole('textbox', { name: 'Search by words' });
const focused = () => page.locator('[role=gridcell]:focus');

/** Searches until a photo is found, and focuses the first one. */
async function search(text) {
  const end = Date.now() + 120_000;
  do {
    await field().fill('');
    await field().fill(text);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(500);
    assert.ok(Date.now() < end, 'nothing was found');
  } while ((await focused().count()) === 0);
}

test('nothing is shown before signing in, and a wrong password is refused', { skip }, async () => {
  await page.goto(hone.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'name');
  assert.equal(await rail().count(), 0);
  assert.ok(
    asked.every(
      ({ url, status }) => !url.includes('/api/v1/') || (url.endsWith('/session') && status === 200),
    ),
    `only the session is requested: ${JSON.stringify(asked)}`,
  );
  assert.deepEqual(await breaches(page), []);
  await signIn('vera', 'a wrong password');
  assert.match(await page.getByRole('alert').innerText(), /Wrong name or password\./);
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  assert.deepEqual(await breaches(page), []);
  visit.errors.length = 0; // the browser writes the 401 to the console
});

test('a viewer can search and view photos, and nothing else', { skip }, async () => {
  await signIn('vera', passwords.vera);
  await somePhotos();
  await page.getByTitle('Signed in as vera').waitFor();
  assert.equal(await rail().getByRole('link', { name: 'Library' }).count(), 0);
  await search(words);
  await page.keyboard.press('Enter');
  const box = page.getByRole('dialog');
  await box.waitFor();
  await box.getByText('SHA-256', { exact: true }).waitFor();
  assert.equal(await box.getByText('Path', { exact: true }).count(), 0);
  assert.equal(await box.getByRole('button', { name: /Copy path/ }).count(), 0);
  const shown = await page.evaluate(() => document.body.innerHTML);
  assert.ok(!shown.includes(folder), 'no path is on the page');
  await page.keyboard.press('Escape');
  await page.goto(`${hone.url}/#/people`);
  await page.getByRole('heading', { name: 'People', level: 1 }).waitFor();
  for (const name of ['History', 'Undo']) assert.equal(await button(name).count(), 0, name);
  assert.equal(await page.getByRole('checkbox', { name: /^Select / }).count(), 0);
  assert.equal(await page.getByRole('combobox').count(), 0, 'no field for a name');
  // An address for owners only leads to the search.
  await page.goto(`${hone.url}/#/library`);
  await field().waitFor();
  assert.equal(await button('Look for new photos').count(), 0);
  const refused = asked.filter(({ status }) => status === 401 || status === 403);
  assert.deepEqual(
    refused.filter(({ url }) => !url.endsWith('/session')),
    [],
    'the client requests only data that a viewer may see',
  );
  assert.deepEqual(visit.errors, []);
});

test('signing out leaves nothing behind', { skip }, async () => {
  await page.getByRole('button', { name: /^Sign out\b/ }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByRole('gridcell').count(), 0);
  assert.deepEqual(await visit.context.cookies(), []);
});

test('the owner has all functions', { skip }, async () => {
  await page.goto(hone.url);
  await signIn('ada', passwords.ada);
  await somePhotos();
  await rail().getByRole('link', { name: 'Library' }).click();
  await button('Look for new photos').waitFor();
  await page.getByText(folder).first().waitFor();
  await page.goto(`${hone.url}/#/people`);
  await button('History').waitFor();
  const [cookie] = await visit.context.cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Strict');
  assert.equal(await page.evaluate(() => document.cookie), '', 'scripts cannot read the cookie');
});

test('an expired session asks to sign in and returns to the same page', { skip }, async () => {
  await page.goto(hone.url);
  await somePhotos();
  await search(words);
  const address = page.url();
  await visit.context.clearCookies();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  visit.errors.length = 0;
  await signIn('ada', passwords.ada);
  await page.locator('[role=gridcell]').first().waitFor();
  assert.equal(page.url(), address);
  // While the page is open, the next request is refused.
  await visit.context.clearCookies();
  await field().fill(`${words} outside`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn('ada', passwords.ada);
  await page.locator('[role=gridcell]').first().waitFor();
});

test('no request left the host', { skip }, () => {
  assert.ok(asked.length > 20, `only ${asked.length} requests were seen`);
  assert.deepEqual(visit.elsewhere, []);
  const hosts = new Set(
    asked
      .map(({ url }) => new URL(url))
      .map((url) => (url.protocol === 'data:' || url.protocol === 'blob:' ? 'here' : url.host)),
  );
  hosts.delete('here');
  assert.deepEqual([...hosts], [new URL(hone.url).host]);
});
