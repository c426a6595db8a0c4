// SPDX-License-Identifier: GPL-3.0-or-later
// The examples of docs/openapi.yaml, for the mock server.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const file = new URL('../../docs/openapi.yaml', import.meta.url);
const { schemas } = parse(readFileSync(file, 'utf8')).components;

/** A new copy of the first example of a schema. */
export function example(schema) {
  const [first] = schemas[schema]?.examples ?? [];
  if (!first) throw new Error(`The schema ${schema} has no example in docs/openapi.yaml.`);
  return structuredClone(first);
}
