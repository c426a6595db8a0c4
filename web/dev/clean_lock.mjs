// Takes the addresses of packages out of package-lock.json, so that it installs from whatever registry the reader
// uses; names, versions and checksums stay. Run by `npm run lock` after any change of packages.
//
// It also refuses a lock file that lacks a package for another platform: npm leaves out, without a word, what the
// registry did not have at that moment, and `npm ci` then refuses the file everywhere. That is why rollup is held at
// a fixed version in "overrides".
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
