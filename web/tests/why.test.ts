// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the reasons for a photo’s position.
import { describe, expect, it } from 'vitest';
import type { FacetState, Reason } from '../src/lib/api';
import { causes, textRank, scoreOf, signed, waysOn } from '../src/lib/why';

const marks = { like: ['a', 'b'], unlike: ['c'] };
const reasons: Reason[] = [
  { facet: 'content', weight: 0.1, from: 'library' },
  { facet: 'content', weight: 0.02, from: 'a' },
  { facet: 'style', weight: 0.2, from: 'b' },
  { facet: 'content', weight: 0.05, from: 'b' },
  { facet: 'content', weight: 0.3, from: 'text' },
  { facet: 'text_index', weight: 0.4, from: 'text' },
  { facet: 'style', weight: 0.07, from: 'style:red' },
  { facet: 'content', weight: -0.15, from: 'c' },
  { facet: 'content', weight: -0.03, from: 'seen' },
  { facet: 'moment', weight: 0.01, from: 'a' },
  { facet: 'moment', weight: 0.04, from: 'b' },
];
const facets: FacetState[] = (['content', 'style', 'people', 'moment'] as const).map((facet) => ({
  facet,
  available: facet !== 'people',
  auc: 0.5,
  boost: 1,
  weight: 1,
}));

describe('causes', () => {
  it('has one cause for each source among the reasons', () => {
    const list = causes(reasons, marks);
    expect(list.map((cause) => cause.key)).toEqual([
      'text',
      'file',
      'style:red',
      'b',
      'a',
      'c',
      'moment',
      'seen',
      'library',
    ]);
    expect(list.find((cause) => cause.key === 'b')).toMatchObject({
      kind: 'fits',
      id: 'b',
      parts: [
        { facet: 'style', weight: 0.2 },
        { facet: 'content', weight: 0.05 },
      ],
    });
    expect(list.find((cause) => cause.key === 'moment')!.id).toBe('b');
    expect(causes([], marks)).toEqual([]);
  });

  it('adds up to the score', () => {
    const sum = causes(reasons, marks).reduce((all, cause) => all + cause.weight, 0);
    expect(sum).toBeCloseTo(scoreOf(reasons), 12);
  });

  it('finds the photo that a search starts from, also in the role of the query text', () => {
    const list = causes(
      [
        { facet: 'content', weight: 0.3, from: 'x' },
        { facet: 'style', weight: 0.1, from: 'text' },
      ],
      { like: [], unlike: [] },
      'x',
    );
    expect(list).toHaveLength(1);
    expect(list[0]).toMatchObject({ kind: 'start', id: 'x' });
  });
});

describe('actions', () => {
  const list = causes(reasons, marks);
  it('finds the strongest mark, facet and style term', () => {
    expect(waysOn(list, facets, {})).toEqual({
      mark: { id: 'b', kind: 'fits' },
      facet: { facet: 'content', level: 1 },
      word: 'red',
    });
  });
  it('steps a facet down until it is off, then continues with the next one', () => {
    expect(waysOn(list, facets, { content: 0.5 }).facet).toEqual({ facet: 'content', level: 0 });
    expect(waysOn(list, facets, { content: 0 }).facet).toEqual({ facet: 'style', level: 1 });
  });
  it('offers only actions on the given reasons', () => {
    const words = causes([{ facet: 'text_index', weight: 1, from: 'text' }], marks);
    expect(waysOn(words, facets, {})).toEqual({ mark: null, facet: null, word: null });
  });
});

it('writes a sign before a number', () => {
  expect([0.314, -0.05, 0.001, -0.004].map(signed)).toEqual(['+0.31', '−0.05', '0.00', '0.00']);
});

it('shows the rank without marks, and is empty if it is unknown', () => {
  expect(textRank({ text_rank: 17 }, 'dog')).toBe('Rank by words alone: 17.');
  expect(textRank({ text_rank: 1204 }, ' ')).toBe('Rank by the start photo alone: 1,204.');
  expect(textRank({}, 'dog')).toBe('');
});
