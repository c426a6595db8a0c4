// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the compressed size of the built client and fails above the limit.
// Goal: 90 kB of script and 12 kB of style; the hard limit of 150 kB is for everything together.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limit = 150_000;
const goal = { js: 90_000, css: 12_000 };
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });

const sum = { js: 0, css: 0, other: 0 };
for (const path of files(dist)) {
  const kind = path.endsWith('.js') ? 'js' : path.endsWith('.css') ? 'css' : 'other';
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  sum[kind] += bytes;
  console.log(`${String(bytes).padStart(8)}  ${path.slice(dist.length)}`);
}
const total = sum.js + sum.css + sum.other;
console.log(
  `${String(total).padStart(8)}  in all, gzip: script ${sum.js}, style ${sum.css}, other ${sum.other}`,
);
for (const kind of ['js', 'css'])
  if (sum[kind] > goal[kind]) console.log(`${kind} is above the goal of ${goal[kind]} bytes`);
if (total > limit) {
  console.error(`The client is larger than ${limit} bytes.`);
  process.exit(1);
}
