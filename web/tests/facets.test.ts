import { describe, expect, it } from 'vitest';
import type { Result } from '../src/lib/api';
import { groupIndex, groupsUntil, picturesOf, type Cut } from '../src/lib/groups';
import { isSet, aucInWords, levelOf, boosted, boostsFromText, boostsToText } from '../src/lib/facets';
import { isMethod, methods } from '../src/lib/methods';

describe('facets', () => {
  it('has five steps, the middle one is what was auc', () => {
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

  it('says how much the marks say', () => {
    const state = { facet: 'style' as const, available: true, boost: 1, weight: 1 };
    expect(aucInWords({ ...state, auc: 0.5 })).toBe('0.50, nothing');
    expect(aucInWords({ ...state, auc: 0.91 })).toBe('0.91, strongly');
  });
});

it('knows the methods by their names', () => {
  expect(methods[0]!.method).toBe('hone');
  expect(isMethod('fit-data')).toBe(true);
  expect(isMethod('other')).toBe(false);
});

describe('the end of a list of cards', () => {
  const card = (id: string, probability: number, grouped = 0) =>
    ({ id, probability, grouped, group: [] as unknown[] }) as Result;
  const loaded = [card('a', 0.9, 3), card('b', 0.6), card('c', 0.4), card('d', 0.2)];
  const cut: Cut = { pictures: 5, admits: (one) => one.probability >= 0.5 };

  it('is where a card falls below the cut', () => {
    expect(groupsUntil(loaded, cut, false)).toEqual({ here: 2, all: 2 });
  });
  it('is guessed as long as it was not seen, and known when nothing more comes', () => {
    const all: Cut = { pictures: 12, admits: () => true };
    expect(groupsUntil(loaded, all, false)).toEqual({ here: 4, all: 9 });
    expect(groupsUntil(loaded, all, true)).toEqual({ here: 4, all: 4 });
    expect(groupsUntil(loaded, { ...all, pictures: 1 }, false).all).toBe(5);
  });
  it('goes by number where the order says nothing', () => {
    expect(groupsUntil(loaded, { pictures: 5, admits: null }, false)).toEqual({ here: 2, all: 2 });
    expect(groupsUntil(loaded, { pictures: 4, admits: null }, false).here).toBe(1);
  });
  it('finds the card that stands for a picture', () => {
    const host = { ...card('h', 1, 1), group: [card('s', 1)] };
    expect(groupIndex([loaded[0]!, host], 's')).toBe(1);
    expect(groupIndex([loaded[0]!, host], 'a')).toBe(0);
    expect(groupIndex([host], 'zz')).toBe(-1);
    expect(picturesOf(loaded)).toBe(7);
  });
});
