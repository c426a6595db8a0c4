// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the state of a search: marks, weights, rounds, requests and addresses.
import { describe, expect, it } from 'vitest';
import * as rounds from '../src/lib/rounds';
import type { Search } from '../src/lib/rounds';

const id = (number: number) => number.toString(16).padStart(64, '0');
const [a, b, c, d] = [id(1), id(2), id(3), id(4)];

function mark(search: Search, photo: string, kind: rounds.Mark): Search {
  return rounds.withMarks(search, rounds.toggled(rounds.marksNow(search), photo, kind));
}

describe('filter of a search', () => {
  const filtered = rounds.newSearch({ filter: ' has:gps ' });

  it('is sent without blanks and makes a separate request', () => {
    expect(rounds.request(filtered, [])).toEqual({ filter: 'has:gps' });
    expect(rounds.isAsking(filtered)).toBe(true);
    expect(rounds.isRanking(filtered)).toBe(false);
    expect(rounds.isRanking({ ...filtered, words: 'dog' })).toBe(true);
    expect(rounds.isAsking(rounds.newSearch({ filter: '  ' }))).toBe(false);
    expect(rounds.roundName(0, filtered)).toBe('Filter');
    expect(rounds.roundName(0, { ...filtered, words: 'dog' })).toBe('Words');
  });

  it('changes the request for the same words', () => {
    const words = rounds.newSearch({ words: 'dog' });
    expect(rounds.roundKey({ ...words, filter: 'has:gps' })).not.toBe(rounds.roundKey(words));
    expect(rounds.roundKey({ ...words, filter: 'has:gps ' })).toBe(
      rounds.roundKey({ ...words, filter: 'has:gps' }),
    );
  });
});

describe('marks', () => {
  it('sets a mark, changes it, and removes it with the same mark', () => {
    let marks = rounds.toggled(rounds.noMarks, a, 'fits');
    expect(marks).toEqual({ like: [a], unlike: [] });
    marks = rounds.toggled(marks, a, 'not');
    expect(marks).toEqual({ like: [], unlike: [a] });
    marks = rounds.toggled(marks, a, 'not');
    expect(marks).toEqual(rounds.noMarks);
  });
});

describe('weights of marks', () => {
  const weigh = (search: Search, photo: string, weight: number): Search =>
    rounds.withMarks(search, rounds.weighed(rounds.marksNow(search), photo, weight));
  const marked = mark(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'), b, 'not');
  const again = (search: Search) =>
    rounds.fromHash(rounds.toHash({ route: { view: 'search', search }, open: '' })).route;

  it('are stored unless they are 1, and disappear with their mark', () => {
    let marks = rounds.marksNow(weigh(weigh(marked, a, 2), b, 0.5));
    expect(marks.weights).toEqual({ [a]: 2, [b]: 0.5 });
    marks = rounds.weighed(marks, a, 1);
    expect(marks.weights).toEqual({ [b]: 0.5 });
    expect(rounds.toggled(marks, b, 'not')).toEqual({ like: [a], unlike: [] });
    expect(rounds.toggled(marks, b, 'fits').weights, 'on the other side it is a new mark').toBeUndefined();
    expect(rounds.weighed(marks, c, 2), 'a photo without a mark has none').toBe(marks);
  });

  it('are sent with their round, and make a new round', () => {
    const first = rounds.nextRound(marked);
    expect(rounds.request(first, [])).not.toHaveProperty('weights');
    expect(rounds.canContinue(first)).toBe(false);
    const heavy = weigh(first, a, 2);
    expect(rounds.canContinue(heavy)).toBe(true);
    expect(rounds.request(heavy, []), 'not before the next round').not.toHaveProperty('weights');
    const second = rounds.nextRound(heavy);
    expect(rounds.request(second, []).weights).toEqual({ [a]: 2 });
    expect(rounds.weighedAnew(second, 2)).toBe(1);
    expect(rounds.weighedAnew(second, 1)).toBe(0);
    const light = rounds.nextRound(weigh(first, a, 0.5));
    expect(rounds.roundKey(light)).not.toBe(rounds.roundKey(second));
    expect(rounds.placeKey(light)).not.toBe(rounds.placeKey(second));
  });

  it('are in the link, after the index of their photo', () => {
    const search = weigh(rounds.nextRound(weigh(weigh(marked, a, 2), b, 0.5)), a, 1);
    const hash = rounds.toHash({ route: { view: 'search', search }, open: '' });
    expect(hash).toContain('&r=0d-1h~0-1h&');
    expect(again(search)).toEqual({ view: 'search', search });
    expect(again(marked), 'an old link').toEqual({ view: 'search', search: marked });
  });

  it('have normal strength when the link is broken there', () => {
    const { route } = rounds.fromHash(`#/s?q=dog&i=${[a, b].map(rounds.packId).join('.')}&r=0q-0d.1h.1d`);
    if (route.view !== 'search') throw new Error('no search');
    expect(rounds.marksNow(route.search)).toMatchObject({ like: [a], unlike: [b], weights: { [b]: 0.5 } });
  });
});

describe('rounds', () => {
  it('asks with the words alone first, with the marks next', () => {
    let search = rounds.newSearch({ words: ' a dog ' });
    expect(rounds.request(search, [])).toEqual({ text: 'a dog' });
    search = mark(mark(search, a, 'fits'), b, 'not');
    expect(rounds.request(search, []), 'marking alone asks nothing new').toEqual({ text: 'a dog' });
    search = rounds.nextRound(search);
    expect(rounds.request(search, [c])).toEqual({
      text: 'a dog',
      like: [a],
      unlike: [b],
      seen: [c],
      method: 'hone',
    });
  });

  it('starts from a photo instead of words', () => {
    expect(rounds.request(rounds.newSearch({ from: a }), [])).toEqual({ from: a });
  });

  it('continues only with new marks', () => {
    let search = rounds.newSearch({ words: 'dog' });
    expect(rounds.nextRound(search)).toBe(search);
    search = rounds.nextRound(mark(search, a, 'fits'));
    expect(search.at).toBe(1);
    expect(rounds.nextRound(search)).toBe(search);
  });

  it('continues without new marks when photos were seen', () => {
    let search = rounds.nextRound(rounds.newSearch({ words: 'dog' }), true);
    expect(search.at).toBe(1);
    expect(rounds.request(search, [a, b])).toEqual({ text: 'dog', seen: [a, b], method: 'hone' });
    expect(rounds.roundKey(search)).not.toBe(rounds.roundKey(rounds.toRound(search, 0)));
    search = rounds.nextRound(search, true);
    expect(search.screens).toHaveLength(3);
    expect(rounds.fromHash(rounds.toHash({ route: { view: 'search', search }, open: '' })).route).toEqual({
      view: 'search',
      search,
    });
  });

  it('removes rounds without new marks when the seen photos are forgotten', () => {
    let search = rounds.nextRound(rounds.newSearch({ words: 'dog' }), true);
    search = rounds.nextRound(mark(search, a, 'fits'));
    search = rounds.nextRound(search, true);
    expect(search).toMatchObject({ at: 3 });
    const left = rounds.withoutSeen(search);
    expect(left.screens.map((screen) => screen.like)).toEqual([[a], [a]]);
    expect(left.at).toBe(1);
    expect(rounds.marksOfRound(left)).toMatchObject({ like: [a] });
    const plain = rounds.nextRound(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'));
    expect(rounds.withoutSeen(plain)).toEqual(plain);
    expect(rounds.withoutSeen(rounds.toRound(search, 1)).at).toBe(0);
  });

  it('counts the photos and marks of earlier rounds, without removed marks', () => {
    let search = rounds.newSearch({ words: 'dog' });
    expect(rounds.history(search, [[]])).toEqual({});
    search = rounds.nextRound(mark(search, a, 'fits'));
    expect(rounds.history(search, [[], [b, c]])).toEqual({ rounds: [{ shown: 3, like: 1 }] });
    const seen = [[], [b, c], [b, c, d]];
    search = rounds.nextRound(search, true);
    expect(rounds.history(search, seen)).toEqual({
      rounds: [
        { shown: 3, like: 1 },
        { shown: 1, like: 0 },
      ],
    });
    search = rounds.nextRound(mark(search, a, 'fits'), true);
    expect(rounds.history(search, [...seen, [b, c, d]]).rounds![0]).toEqual({ shown: 3, like: 0 });
  });

  it('requests the seen photos with the same ids', () => {
    const search = rounds.nextRound(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'));
    expect(rounds.requestSeen(search, [b])).toEqual({
      text: 'dog',
      like: [a],
      seen: [b],
      show: 'seen',
      method: 'hone',
    });
  });

  it('boosts facets for a round, which the rounds after it inherit', () => {
    let search = rounds.withBoosts(rounds.newSearch({ words: 'dog' }), { style: 2 });
    expect(rounds.request(search, [])).toEqual({ text: 'dog', facets: { style: 2 } });
    search = rounds.nextRound(mark(search, a, 'fits'));
    expect(rounds.boostsOf(search)).toEqual({ style: 2 });
    search = rounds.withBoosts(search, { style: 2, moment: 0 });
    expect(rounds.boostsOf(search, 0)).toEqual({ style: 2 });
    const back = rounds.withBoosts(rounds.toRound(search, 0), {});
    expect(back.screens, 'later rounds stay').toHaveLength(2);
    expect(rounds.roundKey(back)).not.toBe(rounds.roundKey(rounds.toRound(search, 0)));
  });

  it('keeps marks of earlier rounds and finds the new ones', () => {
    let search = rounds.nextRound(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'));
    search = rounds.nextRound(mark(mark(search, b, 'fits'), c, 'not'));
    expect(rounds.marksOfRound(search)).toMatchObject({ like: [a, b], unlike: [c] });
    expect(rounds.newIn(search, 2)).toEqual({ like: [b], unlike: [c] });
    expect(rounds.newIn(search, 1)).toEqual({ like: [a], unlike: [] });
    expect(rounds.newIn(search, 0)).toEqual(rounds.noMarks);
  });

  it('steps back to a round with the marks made there, and forward again', () => {
    let search = rounds.nextRound(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'));
    search = rounds.nextRound(mark(search, b, 'not'));
    const back = rounds.toRound(search, 0);
    expect(rounds.marksNow(back)).toMatchObject({ like: [a], unlike: [] });
    expect(rounds.request(back, [])).toEqual({ text: 'dog' });
    expect(rounds.endsRounds(back)).toBe(true);
    expect(rounds.nextRound(back)).toEqual(rounds.toRound(search, 1));
    expect(rounds.toRound(search, 99).at).toBe(2);
  });

  it('removes later rounds when the marks before them change', () => {
    let search = rounds.nextRound(mark(rounds.newSearch({ words: 'dog' }), a, 'fits'));
    search = rounds.nextRound(mark(search, b, 'not'));
    const changed = mark(rounds.toRound(search, 0), c, 'fits');
    expect(changed.screens).toHaveLength(1);
    expect(rounds.marksNow(changed).like).toEqual([a, c]);
  });

  it('finds rounds with the same request', () => {
    const search = rounds.newSearch({ words: 'dog' });
    expect(rounds.roundKey(mark(search, a, 'fits'))).toBe(rounds.roundKey(search));
    expect(rounds.roundKey({ ...search, method: 'rocchio' }), 'no marks, so every method is the same').toBe(
      rounds.roundKey(search),
    );
    const next = rounds.nextRound(mark(search, a, 'fits'));
    expect(rounds.roundKey(next)).not.toBe(rounds.roundKey(search));
    expect(rounds.roundKey({ ...next, method: 'rocchio' })).not.toBe(rounds.roundKey(next));
  });
});

describe('addresses', () => {
  const there = (address: rounds.Address) => rounds.fromHash(rounds.toHash(address));

  it('packs an id and reads it back', () => {
    const full = 'f'.repeat(63) + '0';
    expect(rounds.packId(full)).toHaveLength(43);
    expect(rounds.unpackId(rounds.packId(full))).toBe(full);
    expect(rounds.unpackId('%%%')).toBeNull();
    expect(rounds.unpackId('AAAA')).toBeNull();
  });

  it('holds a whole search', () => {
    let search = rounds.newSearch({ words: 'größe & 50% of "a+b" #1? 犬' });
    search = rounds.nextRound(mark(mark(search, a, 'fits'), b, 'not'));
    search = rounds.nextRound(mark(search, c, 'fits'));
    search = mark(search, d, 'not');
    search = rounds.withBoosts(rounds.toRound(search, 1), { content: 0, style: 4 });
    search = { ...search, method: 'rocchio', seenBefore: 'hidden', diverse: true };
    search = { ...search, styleTerms: ['größe, & more', 'dark'] };
    const address: rounds.Address = { route: { view: 'search', search }, open: d };
    expect(there(address)).toEqual(address);
  });

  it.each([
    { route: { view: 'home' }, open: '' },
    { route: { view: 'home' }, open: a },
    { route: { view: 'library' }, open: '' },
    { route: { view: 'people' }, open: '' },
    { route: { view: 'person', id: 12 }, open: id(3) },
    { route: { view: 'search', search: rounds.newSearch({ from: a }) }, open: '' },
    { route: { view: 'search', search: rounds.newSearch({ words: 'x' }) }, open: b },
    {
      route: { view: 'search', search: rounds.newSearch({ filter: 'taken:2019 OR -keyword:"a & b"' }) },
      open: '',
    },
    { route: { view: 'search', search: rounds.newSearch({ words: 'x', filter: 'has:gps' }) }, open: '' },
  ] as rounds.Address[])('round trip %#', (address) => {
    expect(there(address)).toEqual(address);
  });

  it('keeps marks before their search', () => {
    const search = mark(rounds.newSearch({ words: 'dog' }), a, 'fits');
    expect(there({ route: { view: 'search', search }, open: '' }).route).toEqual({ view: 'search', search });
  });

  it.each(['', '#', '#/', '#/nowhere', '#/s', '#/s?', '#/s?q=', '#/s?r=0-1&i=zz'])(
    'reads %s as the start',
    (hash) => {
      expect(rounds.fromHash(hash)).toEqual({ route: { view: 'home' }, open: '' });
    },
  );

  it('ignores invalid parts and keeps the rest', () => {
    const { route } = rounds.fromHash(
      `#/s?q=dog&i=${rounds.packId(a)}.broken&r=0.1-7~0-0&c=l4q9~s7&n=9&m=other&b=1&o=x`,
    );
    expect(route).toEqual({
      view: 'search',
      search: {
        words: 'dog',
        from: '',
        filter: '',
        method: 'hone',
        seenBefore: 'below',
        styleTerms: null,
        diverse: false,
        screens: [
          { like: [a], unlike: [], boosts: { style: 4 } },
          { like: [a], unlike: [], boosts: {} },
        ],
        at: 1,
      },
    });
  });

  it('stays short: 20 marks in 3 rounds under 1,200 characters', () => {
    let search = rounds.newSearch({ words: 'dog' });
    for (let number = 0; number < 20; number++) {
      search = mark(search, id(number + 100), number % 3 ? 'fits' : 'not');
      if (number === 7 || number === 14) search = rounds.nextRound(search);
    }
    expect(rounds.toHash({ route: { view: 'search', search }, open: '' }).length).toBeLessThan(1200);
  });
});
