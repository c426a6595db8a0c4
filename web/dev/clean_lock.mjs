// SPDX-License-Identifier: GPL-3.0-or-later
// Removes the addresses of packages from package-lock.json, so that it installs from any registry; names, versions and
// checksums stay. `npm run lock` runs it after a change of packages.
//
// It also refuses a lock file that lacks a package for another platform. npm silently omits a package that the registry
// did not have at that moment, and `npm ci` then refuses the file everywhere. Therefore "overrides" pins rollup.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = [];
for (const [name, entry] of Object.entries(lock.packages)) {
  if (!entry.version) missing.push(name);
  for (const other of Object.keys(entry.optionalDependencies ?? {}))
    if (!lock.packages[`node_modules/${other}`] && !lock.packages[`${name}/node_modules/${other}`])
      missing.push(other);
  delete entry.resolved;
}
if (missing.length > 0) {
  console.error(`The lock file is not complete: ${missing.join(', ')}`);
  process.exit(1);
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
