// Takes the addresses of packages out of package-lock.json, so that it installs from whatever registry the reader
// uses; names, versions and checksums stay. (npm can leave them out itself, but then it also drops the versions of
// packages for other platforms, and `npm ci` refuses the file.) Run by `npm run lock` after any change of packages.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
for (const [name, entry] of Object.entries(lock.packages)) {
  if (name !== '' && !entry.version) throw new Error(`${name} has no version`);
  delete entry.resolved;
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
