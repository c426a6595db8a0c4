// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a search: query text or start photo, its rounds with their marks, and the round on screen. Pure: every
// change returns a new state. A state is equivalent to an address, so a link holds a whole search and the browser's
// Back returns to the previous round.
//
// `screens[k]` are the marks on the screen of round k (round 0 is the query text alone). The search of round k uses the
// marks of the screen before it. Stepping back therefore finds the marks on the screen where they were made. The
// `boosts` of a screen apply to its round and to the rounds after it.

import { boostsFromText, boostsToText, sameBoosts, type Boosts } from './facets';
import { isMethod } from './methods';
import { stepAt, stepOf, weightSign, weightSteps, type Weights } from './weights';
import type { Method, SearchRequest } from './api';

export interface Marks {
  readonly like: readonly string[];
  readonly unlike: readonly string[];
  /** Weights other than 1; absent when there are none. */
  readonly weights?: Weights;
}

/** The screen of a round. */
export interface Screen extends Marks {
  /** Facets that a person boosted up or down. */
  readonly boosts: Boosts;
}

export type Mark = 'fits' | 'not';
export type SeenBefore = 'below' | 'mixed' | 'hidden';

export interface Search {
  readonly words: string;
  /** Id of the photo that the search starts from, instead of words; empty for none. */
  readonly from: string;
  /** Only matching photos can be found (docs/filters.md); empty for all. */
  readonly filter: string;
  readonly method: Method;
  readonly seenBefore: SeenBefore;
  /** The style terms to use; null for all in the query text. */
  readonly styleTerms: readonly string[] | null;
  /** An overview: photos that differ from each other come first. */
  readonly diverse: boolean;
  /** At least one. */
  readonly screens: readonly Screen[];
  /** Round on screen: an index into `screens`. */
  readonly at: number;
}

export type Route =
  | { view: 'home' }
  | { view: 'library' }
  | { view: 'models' }
  | { view: 'jobs' }
  | { view: 'people' }
  | { view: 'person'; id: number }
  | { view: 'search'; search: Search };

export interface Address {
  route: Route;
  /** Id of the photo that is open in the lightbox; empty for none. */
  open: string;
}

export const noMarks: Marks = { like: [], unlike: [] };
export const noScreen: Screen = { ...noMarks, boosts: {} };

export function newSearch(part: { words?: string; from?: string; filter?: string }): Search {
  return {
    words: part.words ?? '',
    from: part.from ?? '',
    filter: part.filter ?? '',
    method: 'hone',
    seenBefore: 'below',
    styleTerms: null,
    diverse: false,
    screens: [noScreen],
    at: 0,
  };
}

const screenAt = (search: Search, round: number): Screen => search.screens[round] ?? noScreen;
export const marksNow = (search: Search): Marks => screenAt(search, search.at);
export const boostsOf = (search: Search, round = search.at): Boosts => screenAt(search, round).boosts;
/** The marks that the round on screen was searched with. */
export const marksOfRound = (search: Search, round = search.at): Marks =>
  round > 0 ? (search.screens[round - 1] ?? noMarks) : noMarks;
export const hasMarks = (marks: Marks): boolean => marks.like.length > 0 || marks.unlike.length > 0;

export function markOf(marks: Marks, id: string): Mark | null {
  if (marks.like.includes(id)) return 'fits';
  return marks.unlike.includes(id) ? 'not' : null;
}

const without = (ids: readonly string[], id: string) => ids.filter((other) => other !== id);

export const weightOf = (marks: Marks, id: string): number => marks.weights?.[id] ?? 1;

function marksWith(like: readonly string[], unlike: readonly string[], weights: Weights): Marks {
  return Object.keys(weights).length > 0 ? { like, unlike, weights } : { like, unlike };
}

const weightsWithout = (marks: Marks, id: string): Weights =>
  Object.fromEntries(Object.entries(marks.weights ?? {}).filter(([other]) => other !== id));

/** Sets a mark of normal strength, or removes it when the photo already has the same mark. */
export function toggled(marks: Marks, id: string, mark: Mark): Marks {
  const off = markOf(marks, id) === mark;
  const like = without(marks.like, id);
  const unlike = without(marks.unlike, id);
  if (!off) (mark === 'fits' ? like : unlike).push(id);
  return marksWith(like, unlike, weightsWithout(marks, id));
}

/** Sets the weight of a mark; a photo without a mark has no weight. */
export function weighed(marks: Marks, id: string, weight: number): Marks {
  if (markOf(marks, id) === null || weightOf(marks, id) === weight) return marks;
  const others = weightsWithout(marks, id);
  return marksWith(marks.like, marks.unlike, weight === 1 ? others : { ...others, [id]: weight });
}

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((id, index) => id === other[index]);
export const sameMarks = (one: Marks, other: Marks): boolean =>
  same(one.like, other.like) &&
  same(one.unlike, other.unlike) &&
  [...one.like, ...one.unlike].every((id) => weightOf(one, id) === weightOf(other, id));

/** Changes the marks of the round on screen. Later rounds came from other marks, so they are removed. */
export function withMarks(search: Search, marks: Marks): Search {
  if (sameMarks(marks, marksNow(search))) return search;
  const { like, unlike, weights } = marks;
  const screen: Screen = { ...marksWith(like, unlike, weights ?? {}), boosts: boostsOf(search) };
  return { ...search, screens: [...search.screens.slice(0, search.at), screen] };
}

/** Boosts facets in the round on screen. Later rounds stay, since their marks stay valid. */
export function withBoosts(search: Search, boosts: Boosts): Search {
  if (sameBoosts(boosts, boostsOf(search))) return search;
  const screens = search.screens.map((screen, round) =>
    round === search.at ? { ...screen, boosts } : screen,
  );
  return { ...search, screens };
}

/** True when a change of marks removes later rounds: the address before it then needs an entry in the history. */
export const endsRounds = (search: Search): boolean => search.at < search.screens.length - 1;

/** Whether the marks differ from those that the round on screen was searched with. */
export const hasNewMarks = (search: Search): boolean =>
  hasMarks(marksNow(search)) && !sameMarks(marksNow(search), marksOfRound(search));

/** Whether a next round would differ from the one on screen: by new marks, or by photos seen without a mark. */
export const canContinue = (search: Search, seen = false): boolean =>
  endsRounds(search) || hasNewMarks(search) || seen;

/** The next round: the existing one when nothing changed, else a new one with the marks of this screen. */
export function nextRound(search: Search, seen = false): Search {
  if (!canContinue(search, seen)) return search;
  if (endsRounds(search)) return { ...search, at: search.at + 1 };
  return { ...search, screens: [...search.screens, screenAt(search, search.at)], at: search.at + 1 };
}

/** Removes rounds that differ only by seen photos: without those photos they repeat the round before. */
export function withoutSeen(search: Search): Search {
  const last = search.screens.length - 1;
  const kept = search.screens.map(
    (screen, round) => round === last || !sameMarks(screen, marksOfRound(search, round)),
  );
  return {
    ...search,
    screens: search.screens.filter((_, round) => kept[round]),
    at: kept.slice(0, search.at).filter(Boolean).length,
  };
}

export const toRound = (search: Search, round: number): Search => ({
  ...search,
  at: Math.max(0, Math.min(search.screens.length - 1, round)),
});

/** The marks that a round adds to the round before, for its button in the strip. */
export function newIn(search: Search, round: number): Marks {
  const now = marksOfRound(search, round);
  const before = marksOfRound(search, round - 1);
  return {
    like: now.like.filter((id) => !before.like.includes(id)),
    unlike: now.unlike.filter((id) => !before.unlike.includes(id)),
  };
}

/** Number of marks of the round before whose weight changed. */
export function weighedAnew(search: Search, round: number): number {
  const now = marksOfRound(search, round);
  const before = marksOfRound(search, round - 1);
  return [...now.like, ...now.unlike].filter(
    (id) => markOf(before, id) === markOf(now, id) && weightOf(before, id) !== weightOf(now, id),
  ).length;
}

export const roundName = (round: number, search?: Search): string =>
  round > 0
    ? `Round ${round + 1}`
    : search?.from
      ? 'Photo'
      : search?.filter.trim() && !search.words.trim()
        ? 'Filter'
        : 'Words';

/** Identifies a screen: its photos count as seen there, whatever their order. */
export function placeKey(search: Search, round = search.at): string {
  const marks = marksOfRound(search, round);
  const withWeight = (id: string) => `${id}${weightSign(weightOf(marks, id))}`;
  return [
    search.words.trim(),
    search.from,
    search.filter.trim(),
    round,
    marks.like.map(withWeight).join('.'),
    marks.unlike.map(withWeight).join('.'),
  ].join('\n');
}

/** Identifies the request of a round: searches with the same key have the same results. */
export function roundKey(search: Search, round = search.at): string {
  return [
    placeKey(search, round),
    round > 0 ? search.method : '',
    round > 0 && search.seenBefore === 'mixed' ? 'mixed' : '',
    search.diverse ? 'diverse' : '',
    boostsToText(boostsOf(search, round)),
    search.styleTerms === null ? '*' : search.styleTerms.join(','),
  ].join('\n');
}

/** The request of a round. Empty fields are absent. */
export function request(search: Search, seen: readonly string[], round = search.at): SearchRequest {
  const marks = marksOfRound(search, round);
  const out: SearchRequest = {};
  const words = search.words.trim();
  if (search.from && !words) out.from = search.from;
  if (words) out.text = words;
  const filter = search.filter.trim();
  if (filter) out.filter = filter;
  if (marks.like.length > 0) out.like = [...marks.like];
  if (marks.unlike.length > 0) out.unlike = [...marks.unlike];
  if (marks.weights) out.weights = { ...marks.weights };
  if (seen.length > 0) out.seen = [...seen];
  const shown = seen.length > 0 || hasMarks(marks);
  if (shown && search.seenBefore === 'mixed') out.show = 'all';
  const boosts = boostsOf(search, round);
  if (Object.keys(boosts).length > 0) out.facets = { ...boosts };
  if (words && search.styleTerms !== null) out.style_terms = [...search.styleTerms];
  if (search.diverse) out.diverse = true;
  if (shown) out.method = search.method;
  return out;
}

/**
 * The rounds before this one: the numbers of photos shown, and of those marked as fitting that still are.
 * `seen[k]`: ids of the photos seen without a mark before round k.
 */
export function history(search: Search, seen: readonly (readonly string[])[]): Pick<SearchRequest, 'rounds'> {
  if (search.at === 0) return {};
  const known = new Set<string>();
  const now = new Set(marksOfRound(search).like);
  const rounds = [];
  for (let round = 1; round <= search.at; round++) {
    const marks = marksOfRound(search, round);
    const shown = new Set([...(seen[round] ?? []), ...marks.like, ...marks.unlike]);
    const fresh = [...shown].filter((id) => !known.has(id));
    for (const id of fresh) known.add(id);
    rounds.push({
      shown: fresh.length,
      like: fresh.filter((id) => now.has(id) && marks.like.includes(id)).length,
    });
  }
  return { rounds };
}

/** The request for the photos of earlier rounds, ranked by the marks of this round. */
export const requestSeen = (search: Search, seen: readonly string[]): SearchRequest => ({
  ...request(search, seen),
  show: 'seen',
});

/** Whether the search ranks: by words, a start photo or marks. A filter alone only lists. */
export const isRanking = (search: Search): boolean =>
  search.words.trim() !== '' || search.from !== '' || hasMarks(marksOfRound(search));

export const isAsking = (search: Search): boolean => isRanking(search) || search.filter.trim() !== '';

// ---- addresses -------------------------------------------------------------------------------------------------
// #/s?q=words&f=id&w=filter&m=rocchio&b=hidden&y=red,dark&d=1&i=id.id.id&r=0.1-2~0.1.3-2&c=~l4m0&n=1&o=id
// `i` lists each id once, as 43 characters of base64url instead of 64 hex digits. `r` holds the screens, each as
// indexes into `i`: positives, a dash, negatives; `h` after an index means half strength, `d` double. `c` holds the
// boosts of each screen (facets.ts), `y` the style terms in use.

const hexId = /^[0-9a-f]{64}$/;

export function packId(id: string): string {
  if (!hexId.test(id)) return `~${encodeURIComponent(id)}`;
  let text = '';
  for (let place = 0; place < 64; place += 2)
    text += String.fromCharCode(parseInt(id.slice(place, place + 2), 16));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function unpackId(packed: string): string | null {
  try {
    if (packed.startsWith('~')) return decodeURIComponent(packed.slice(1)) || null;
    const text = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    if (text.length !== 32) return null;
    return Array.from(text, (sign) => sign.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  } catch {
    return null;
  }
}

const packText = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

export function toHash(address: Address): string {
  const { route, open } = address;
  const fields: string[] = [];
  if (route.view === 'search') {
    const { search } = route;
    const ids: string[] = [];
    const number = (id: string): number => {
      const known = ids.indexOf(id);
      return known >= 0 ? known : ids.push(id) - 1;
    };
    const screens = search.screens.map((marks) => {
      const one = (id: string) => `${number(id)}${stepAt(stepOf(weightOf(marks, id))).letter}`;
      return `${marks.like.map(one).join('.')}-${marks.unlike.map(one).join('.')}`;
    });
    if (search.words) fields.push(`q=${packText(search.words)}`);
    if (search.from) fields.push(`f=${packId(search.from)}`);
    if (search.filter) fields.push(`w=${packText(search.filter)}`);
    if (search.method !== 'hone') fields.push(`m=${search.method}`);
    if (search.seenBefore !== 'below') fields.push(`b=${search.seenBefore}`);
    if (search.styleTerms !== null) fields.push(`y=${search.styleTerms.map(packText).join(',')}`);
    if (search.diverse) fields.push('d=1');
    if (ids.length > 0) fields.push(`i=${ids.map(packId).join('.')}`);
    if (ids.length > 0 || screens.length > 1) fields.push(`r=${screens.join('~')}`);
    const boosts = search.screens.map((screen) => boostsToText(screen.boosts));
    if (boosts.some((text) => text !== '')) fields.push(`c=${boosts.join('~')}`);
    if (search.at > 0) fields.push(`n=${search.at}`);
  }
  if (open) fields.push(`o=${packId(open)}`);
  const path =
    route.view === 'search'
      ? 's'
      : route.view === 'person'
        ? `people/${route.id}`
        : route.view === 'home'
          ? ''
          : route.view;
  return `#/${path}${fields.length > 0 ? `?${fields.join('&')}` : ''}`;
}

function words(field: string | undefined): string {
  if (!field) return '';
  try {
    return decodeURIComponent(field.replaceAll('+', ' '));
  } catch {
    return field;
  }
}

/** Reads any address. Invalid parts are ignored, since people cut and edit links. */
export function fromHash(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const fields = new Map<string, string>();
  for (const part of query.split('&')) {
    const split = part.indexOf('=');
    if (split > 0) fields.set(part.slice(0, split), part.slice(split + 1));
  }
  const open = unpackId(fields.get('o') ?? '') ?? '';
  if (path === 'library') return { route: { view: 'library' }, open };
  if (path === 'models') return { route: { view: 'models' }, open };
  if (path === 'jobs') return { route: { view: 'jobs' }, open };
  if (path === 'people') return { route: { view: 'people' }, open };
  const person = /^people\/(\d{1,15})$/.exec(path)?.[1];
  if (person) return { route: { view: 'person', id: Number(person) }, open };
  if (path !== 's') return { route: { view: 'home' }, open };

  const ids = (fields.get('i') ?? '').split('.').map(unpackId);
  const list = (numbers: string): Map<string, number> => {
    const out = new Map<string, number>();
    for (const part of numbers.split('.')) {
      const found = /^(\d+)([a-z]?)$/.exec(part);
      const id = found ? ids[Number(found[1])] : null;
      if (id && !out.has(id))
        out.set(id, weightSteps.find(({ letter }) => letter === found![2])?.weight ?? 1);
    }
    return out;
  };
  const boosts = (fields.get('c') ?? '').split('~');
  const screens = (fields.get('r') ?? '-').split('~').map((screen, round): Screen => {
    const [like = '', unlike = ''] = screen.split('-');
    const fits = list(like);
    const not = list(unlike);
    for (const id of fits.keys()) not.delete(id);
    const weights = Object.fromEntries([...fits, ...not].filter(([, weight]) => weight !== 1));
    return {
      ...marksWith([...fits.keys()], [...not.keys()], weights),
      boosts: boostsFromText(boosts[round] ?? ''),
    };
  });
  const method = fields.get('m') ?? '';
  const before = fields.get('b');
  const terms = fields.get('y');
  const at = Number(fields.get('n') ?? 0);
  const search: Search = {
    words: words(fields.get('q')),
    from: unpackId(fields.get('f') ?? '') ?? '',
    filter: words(fields.get('w')),
    method: isMethod(method) ? method : 'hone',
    seenBefore: before === 'hidden' || before === 'mixed' ? before : 'below',
    styleTerms: terms === undefined ? null : terms.split(',').filter(Boolean).map(words),
    diverse: fields.get('d') === '1',
    screens,
    at: Number.isInteger(at) ? Math.max(0, Math.min(screens.length - 1, at)) : 0,
  };
  return isAsking(search) || screens.some(hasMarks)
    ? { route: { view: 'search', search }, open }
    : { route: { view: 'home' }, open };
}
