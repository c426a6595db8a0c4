// SPDX-License-Identifier: GPL-3.0-or-later
// The reasons for a photo's position: the shares of its score, one cause each. All of them come from the reasons of
// the answer.
import { facetNames, levelOf, type Boosts } from './facets';
import type { Marks } from './rounds';
import type { Facet, FacetState, Reason, Result } from './api';
import { count, number } from './text';

export type CauseKind =
  'text' | 'file' | 'start' | 'style' | 'fits' | 'not' | 'moment' | 'seen' | 'library' | 'other';

export interface Cause {
  key: string;
  kind: CauseKind;
  /** The mark, or the photo that the search starts from. */
  id?: string;
  /** The style term. */
  word?: string;
  /** Above zero it raises the score, below zero it lowers it. */
  weight: number;
  parts: { facet: Reason['facet']; weight: number }[];
}

const order: CauseKind[] = [
  'text',
  'file',
  'start',
  'style',
  'fits',
  'not',
  'moment',
  'seen',
  'library',
  'other',
];

function causeOf(reason: Reason, marks: Marks, start: string): Pick<Cause, 'key' | 'kind' | 'id' | 'word'> {
  const { facet, from } = reason;
  if (facet === 'text_index') return { key: 'file', kind: 'file' };
  const mark = marks.like.includes(from) ? 'fits' : marks.unlike.includes(from) ? 'not' : null;
  if (facet === 'moment') return { key: 'moment', kind: 'moment', ...(mark ? { id: from } : {}) };
  if (mark) return { key: from, kind: mark, id: from };
  // A search that starts from a photo has no query text: the photo takes its role.
  if (start !== '' && (from === start || from === 'text')) return { key: start, kind: 'start', id: start };
  if (from === 'text' || from === 'seen' || from === 'library') return { key: from, kind: from };
  if (from.startsWith('style:')) return { key: from, kind: 'style', word: from.slice(6) };
  return { key: from, kind: 'other' };
}

/** The causes, in the order of their kinds, the strongest first among equals. */
export function causes(reasons: readonly Reason[], marks: Marks, start = ''): Cause[] {
  const found = new Map<string, Cause>();
  for (const reason of reasons) {
    const of = causeOf(reason, marks, start);
    const cause = found.get(of.key) ?? { ...of, weight: 0, parts: [] };
    cause.weight += reason.weight;
    // Several marks of one moment: the strongest one is shown.
    const heaviest = Math.max(0, ...cause.parts.map((part) => Math.abs(part.weight)));
    if (of.id && Math.abs(reason.weight) > heaviest) cause.id = of.id;
    const part = cause.parts.find((other) => other.facet === reason.facet);
    if (part) part.weight += reason.weight;
    else cause.parts.push({ facet: reason.facet, weight: reason.weight });
    found.set(of.key, cause);
  }
  return [...found.values()].sort(
    (one, other) =>
      order.indexOf(one.kind) - order.indexOf(other.kind) || Math.abs(other.weight) - Math.abs(one.weight),
  );
}

export const scoreOf = (reasons: readonly Reason[]): number =>
  reasons.reduce((sum, reason) => sum + reason.weight, 0);

/** The photo's rank by query text (or start photo) alone; empty when the answer has none. */
export function textRank(result: Pick<Result, 'text_rank'>, words: string): string {
  const rank = result.text_rank;
  if (rank === undefined) return '';
  return `Rank by ${words.trim() ? 'words' : 'the start photo'} alone: ${count(rank)}.`;
}

export interface Ways {
  /** The strongest mark. */
  mark: { id: string; kind: 'fits' | 'not' } | null;
  /** The strongest facet, with the step that the button sets. */
  facet: { facet: Facet; level: number } | null;
  /** The strongest style term. */
  word: string | null;
}

/** The actions that change the strongest causes. */
export function waysOn(list: readonly Cause[], facets: readonly FacetState[], boosts: Boosts): Ways {
  const strongest = (kinds: CauseKind[]): Cause | undefined =>
    list
      .filter((cause) => kinds.includes(cause.kind) && cause.weight !== 0)
      .reduce<Cause | undefined>(
        (most, cause) => (!most || Math.abs(cause.weight) > Math.abs(most.weight) ? cause : most),
        undefined,
      );
  const mark = strongest(['fits', 'not']);
  const sums = new Map<string, number>();
  for (const cause of list)
    for (const part of cause.parts) sums.set(part.facet, (sums.get(part.facet) ?? 0) + Math.abs(part.weight));
  const facet = facetNames
    .map((one) => one.facet)
    .filter(
      (one) =>
        (sums.get(one) ?? 0) > 0 &&
        levelOf(boosts, one) > 0 &&
        facets.some((state) => state.facet === one && state.available),
    )
    .sort((one, other) => sums.get(other)! - sums.get(one)!)[0];
  return {
    mark: mark ? { id: mark.id!, kind: mark.kind as 'fits' | 'not' } : null,
    facet: facet ? { facet, level: Math.max(0, levelOf(boosts, facet) - 1) } : null,
    word: strongest(['style'])?.word ?? null,
  };
}

/** "+0.31", "−0.05", "0.00". */
export function signed(weight: number): string {
  const text = number(Math.abs(weight), 2, 2);
  return Math.abs(weight) < 0.005 ? text : `${weight < 0 ? '−' : '+'}${text}`;
}
