// SPDX-License-Identifier: GPL-3.0-or-later
// Shared by the browser tests: a server to test against, a separate Chromium, axe, and their clean-up.
//
// The server is, in this order: HONE_URL (already running), HONE_BIN with HONE_PHOTOS (started here on a free
// port with a separate library), else web/dev/mock_server.mjs. No server listens beyond 127.0.0.1.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const require = createRequire(join(web, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Milliseconds that a server may take to start. */
const startWithin = 30_000;

function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`${command} did not become ready`));
    }, startWithin);
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      const found = /Hone is ready at (http:\/\/127\.0\.0\.1:\d+)/.exec(text);
      if (!found) return;
      clearTimeout(timer);
      resolve({ url: found[1], child });
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${command} ended with ${code} before it was ready`));
    });
  });
}

const ended = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5000).unref();
  });

/**
 * `mock`: arguments for the mock server; `onlyMock`: never the real one, so that the photos are drawn; `prepare`: gets
 * the library folder before HONE_BIN starts.
 */
export async function server({ mock = [], onlyMock = false, prepare = () => {} } = {}) {
  const { HONE_URL, HONE_BIN, HONE_PHOTOS } = process.env;
  if (!onlyMock && HONE_URL)
    return {
      url: HONE_URL.replace(/\/+$/, ''),
      real: true,
      stop: async () => {},
    };
  if (!onlyMock && HONE_BIN) {
    if (!HONE_PHOTOS) throw new Error('HONE_BIN needs HONE_PHOTOS, a folder of photos to index');
    const library = mkdtempSync(join(tmpdir(), 'hone-e2e-library-'));
    prepare(library);
    const { url, child } = await start(HONE_BIN, [
      'serve',
      HONE_PHOTOS,
      '--library',
      library,
      '--listen',
      '127.0.0.1:0',
    ]);
    const stop = async () => {
      await ended(child);
      rmSync(library, { recursive: true, force: true });
    };
    return { url, real: true, stop };
  }
  // Without a folder, the mock server draws photos with known names and metadata.
  const photos = HONE_PHOTOS && !onlyMock ? ['--photos', HONE_PHOTOS] : [];
  const { url, child } = await start(process.execPath, [
    join(web, 'dev/mock_server.mjs'),
    '--port',
    '0',
    ...photos,
    ...mock,
  ]);
  return { url, real: false, stop: () => ended(child) };
}

/** A Chromium with a new profile and a fixed locale. Collects errors, and requests to other hosts. */
export async function browser(url, options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'hone-e2e-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(20_000);
  const errors = [];
  const elsewhere = [];
  const host = new URL(url).host;
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  context.on('request', (request) => {
    const target = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(target.protocol) && target.host !== host)
      elsewhere.push(request.url());
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, context, errors, elsewhere, close };
}

/** Serious and critical breaches of accessibility, one line each. */
export async function breaches(page) {
  // Results of the round before are faded until the next ones are there: a state that passes, with less contrast.
  await page.waitForFunction(() => !document.querySelector('.stale'));
  // Axe runs as a script of the page, so that a strict content security policy stays in force.
  const found = await page.evaluate(
    ([source]) => {
      if (!window.axe) (0, eval)(source);
      return window.axe.run(document, { resultTypes: ['violations'] });
    },
    [axeSource],
  );
  return found.violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map(
      (violation) =>
        `${violation.id} (${violation.impact}): ${violation.nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`)
          .join(' | ')}`,
    );
}
