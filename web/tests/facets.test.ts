// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of facets, methods, and the end of a list of groups.
import { describe, expect, it } from 'vitest';
import type { Result } from '../src/lib/api';
import { groupIndex, groupsUntil, photosOf, type Cut } from '../src/lib/groups';
import { isSet, aucInWords, levelOf, boosted, boostsFromText, boostsToText } from '../src/lib/facets';
import { isMethod, methods } from '../src/lib/methods';

describe('facets', () => {
  it('has five steps; the middle one keeps the learned weight', () => {
    let boosts = boosted({}, 'style', 3);
    expect(boosts).toEqual({ style: 2 });
    boosts = boosted(boosts, 'style', 9);
    expect(boosts).toEqual({ style: 4 });
    boosts = boosted(boosts, 'content', -1);
    expect(boosts).toEqual({ style: 4, content: 0 });
    expect(boosted(boosts, 'style', 2)).toEqual({ content: 0 });
    expect(levelOf(boosts, 'people')).toBe(2);
    expect(isSet(boosts, 'people')).toBe(false);
    expect(isSet(boosts, 'content')).toBe(true);
  });

  it('is short in a link and read back', () => {
    const boosts = { style: 4, moment: 0, content: 0.5 };
    expect(boostsToText(boosts)).toBe('s1l4m0');
    expect(boostsFromText('s1l4m0')).toEqual(boosts);
    expect(boostsFromText('l2x9nonsense')).toEqual({});
  });

  it('describes the preference of the marks', () => {
    const state = { facet: 'style' as const, available: true, boost: 1, weight: 1 };
    expect(aucInWords({ ...state, auc: 0.5 })).toBe('no preference yet (0.50)');
    expect(aucInWords({ ...state, auc: 0.91 })).toBe('strong preference (0.91)');
  });
});

it('accepts the names of the methods', () => {
  expect(methods[0]!.method).toBe('hone');
  expect(isMethod('fit-data')).toBe(true);
  expect(isMethod('other')).toBe(false);
});

describe('the end of a list of groups', () => {
  const group = (id: string, probability: number, grouped = 0) =>
    ({ id, probability, grouped, group: [] as unknown[] }) as Result;
  const loaded = [group('a', 0.9, 3), group('b', 0.6), group('c', 0.4), group('d', 0.2)];
  const cut: Cut = { photos: 5, admits: (one) => one.probability >= 0.5 };

  it('is the first group below the cut', () => {
    expect(groupsUntil(loaded, cut, false)).toEqual({ here: 2, all: 2 });
  });
  it('is estimated until it was seen, and exact when no more can be loaded', () => {
    const all: Cut = { photos: 12, admits: () => true };
    expect(groupsUntil(loaded, all, false)).toEqual({ here: 4, all: 9 });
    expect(groupsUntil(loaded, all, true)).toEqual({ here: 4, all: 4 });
    expect(groupsUntil(loaded, { ...all, photos: 1 }, false).all).toBe(5);
  });
  it('counts photos where the order says nothing', () => {
    expect(groupsUntil(loaded, { photos: 5, admits: null }, false)).toEqual({ here: 2, all: 2 });
    expect(groupsUntil(loaded, { photos: 4, admits: null }, false).here).toBe(1);
  });
  it('finds the group that contains a photo', () => {
    const host = { ...group('h', 1, 1), group: [group('s', 1)] };
    expect(groupIndex([loaded[0]!, host], 's')).toBe(1);
    expect(groupIndex([loaded[0]!, host], 'a')).toBe(0);
    expect(groupIndex([host], 'zz')).toBe(-1);
    expect(photosOf(loaded)).toBe(7);
  });
});
