// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a filter (docs/filters.md), as far as the client reads and writes it. The server checks it. Pure.

import { sentence } from './text';

export interface FilterError {
  /** In characters, from 1; null for an error of the whole filter. */
  column: number | null;
  text: string;
}

/** The error of a filter in a refusal of the server; null for a refusal with another cause. */
export function filterError(message: string): FilterError | null {
  const found = /^filter(?:, column (\d+))?: (.*)$/is.exec(message);
  if (!found) return null;
  return { column: found[1] ? Number(found[1]) : null, text: sentence(found[2]!) };
}

/** The filter in three parts: before the wrong word, the word, and after it. A column past the end marks the end. */
export function markedAt(filter: string, column: number): [string, string, string] {
  const signs = Array.from(filter);
  const from = Math.max(0, Math.min(signs.length, column - 1));
  let to = from;
  while (to < signs.length && !/[\s()]/.test(signs[to]!)) to++;
  if (to === from && to < signs.length) to++;
  return [signs.slice(0, from).join(''), signs.slice(from, to).join(''), signs.slice(to).join('')];
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

export const keywordTerm = (keyword: string): string => `keyword:${quoted(keyword)}`;

/** The term for a person; a name of several words needs quotation marks. */
export const personTerm = (name: string): string =>
  `people:${/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u.test(name) ? name : quoted(name)}`;

/** Photos with all of these people. */
export const peopleFilter = (names: readonly string[]): string => names.map(personTerm).join(' ');

/** The filter narrowed by one more term. */
export function withTerm(filter: string, term: string): string {
  const old = filter.trim();
  if (old === '' || old === term) return term;
  if (` ${old} `.includes(` ${term} `)) return old;
  // OR binds less than terms side by side.
  return / OR /.test(old) ? `(${old}) ${term}` : `${old} ${term}`;
}

export const filterExamples = [
  'taken:2019..2021',
  'camera:Canon',
  'rating:>=3',
  'has:gps',
  'people:Anna',
  'only:Anna,Ben',
  'faces:2..',
  'age:0..12',
  'near:48.2,16.37,5km',
  'format:heic',
  'folder:Holidays',
  '-keyword:private',
];
