import { describe, expect, it } from 'vitest';
import type { Result } from '../src/lib/api';
import { cardOf, cardsOf, picturesOf, type Cut } from '../src/lib/cards';
import { isSet, learntInWords, levelOf, pulled, pullsFromText, pullsToText } from '../src/lib/facets';
import { isMethod, methods } from '../src/lib/methods';

describe('facets', () => {
  it('has five steps, the middle one is what was learnt', () => {
    let pulls = pulled({}, 'look', 3);
    expect(pulls).toEqual({ look: 2 });
    pulls = pulled(pulls, 'look', 9);
    expect(pulls).toEqual({ look: 4 });
    pulls = pulled(pulls, 'content', -1);
    expect(pulls).toEqual({ look: 4, content: 0 });
    expect(pulled(pulls, 'look', 2)).toEqual({ content: 0 });
    expect(levelOf(pulls, 'people')).toBe(2);
    expect(isSet(pulls, 'people')).toBe(false);
    expect(isSet(pulls, 'content')).toBe(true);
  });

  it('is short in a link and read back', () => {
    const pulls = { look: 4, moment: 0, content: 0.5 };
    expect(pullsToText(pulls)).toBe('s1l4m0');
    expect(pullsFromText('s1l4m0')).toEqual(pulls);
    expect(pullsFromText('l2x9nonsense')).toEqual({});
  });

  it('says how much the marks say', () => {
    const state = { facet: 'look' as const, available: true, pull: 1, weight: 1 };
    expect(learntInWords({ ...state, learnt: 0.5 })).toBe('0.50, nothing');
    expect(learntInWords({ ...state, learnt: 0.91 })).toBe('0.91, strongly');
  });
});

it('knows the methods by their names', () => {
  expect(methods[0]!.method).toBe('hone');
  expect(isMethod('fit-data')).toBe(true);
  expect(isMethod('other')).toBe(false);
});

describe('the end of a list of cards', () => {
  const card = (id: string, probability: number, stacked = 0) =>
    ({ id, probability, stacked, stack: [] as unknown[] }) as Result;
  const loaded = [card('a', 0.9, 3), card('b', 0.6), card('c', 0.4), card('d', 0.2)];
  const cut: Cut = { pictures: 5, admits: (one) => one.probability >= 0.5 };

  it('is where a card falls below the cut', () => {
    expect(cardsOf(loaded, cut, false)).toEqual({ here: 2, all: 2 });
  });
  it('is guessed as long as it was not seen, and known when nothing more comes', () => {
    const all: Cut = { pictures: 12, admits: () => true };
    expect(cardsOf(loaded, all, false)).toEqual({ here: 4, all: 9 });
    expect(cardsOf(loaded, all, true)).toEqual({ here: 4, all: 4 });
    expect(cardsOf(loaded, { ...all, pictures: 1 }, false).all).toBe(5);
  });
  it('goes by number where the order says nothing', () => {
    expect(cardsOf(loaded, { pictures: 5, admits: null }, false)).toEqual({ here: 2, all: 2 });
    expect(cardsOf(loaded, { pictures: 4, admits: null }, false).here).toBe(1);
  });
  it('finds the card that stands for a picture', () => {
    const host = { ...card('h', 1, 1), stack: [card('s', 1)] };
    expect(cardOf([loaded[0]!, host], 's')).toBe(1);
    expect(cardOf([loaded[0]!, host], 'a')).toBe(0);
    expect(cardOf([host], 'zz')).toBe(-1);
    expect(picturesOf(loaded)).toBe(7);
  });
});
