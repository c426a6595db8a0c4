// The text of a filter (docs/filters.md), as far as the client must read it: the server is the judge of it. Pure.

export interface FilterError {
  /** From 1, in characters; null when the whole filter is meant. */
  column: number | null;
  text: string;
}

/** What the server says of a wrong filter; null when the refusal is about something else. */
export function filterError(message: string): FilterError | null {
  const found = /^filter(?:, column (\d+))?: (.*)$/s.exec(message);
  if (!found) return null;
  return { column: found[1] ? Number(found[1]) : null, text: found[2]! };
}

/** The filter in three parts: before the wrong word, the word, after it. A column past the end marks the end. */
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

/** A person by name; a name that is not one plain word stands in quotation marks. */
export const personTerm = (name: string): string =>
  `people:${/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u.test(name) ? name : quoted(name)}`;

/** Pictures in which all of these are. */
export const peopleFilter = (names: readonly string[]): string => names.map(personTerm).join(' ');

/** The filter narrowed by one more term. */
export function withTerm(filter: string, term: string): string {
  const old = filter.trim();
  if (old === '' || old === term) return term;
  if (` ${old} `.includes(` ${term} `)) return old;
  // OR binds less than standing side by side.
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
