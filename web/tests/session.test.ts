// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the search on screen, against a simulated server.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Result, SearchPage, SearchRequest } from '../src/lib/api';
import { fromHash } from '../src/lib/rounds';
import { marks } from '../src/lib/marks.svelte';
import { navigation } from '../src/lib/navigation.svelte';
import { query } from '../src/lib/query.svelte';
import { countAbove, results } from '../src/lib/results.svelte';
import { currentRound } from '../src/lib/current_round.svelte';
import { startSession } from '../src/lib/session';
import { ui } from '../src/lib/ui.svelte';

const id = (number: number) => number.toString(16).padStart(64, '0');
const total = 500;

interface Sent {
  body: SearchRequest;
  signal: AbortSignal | undefined;
}
let sent: Sent[];
/** Answers wait for this when set. */
let hold: Promise<void> | null;
let refuse: Response | null;

/** Changes to the next answers. */
let state: Partial<SearchPage>;
/** Every third group has two photos. */
let groups: boolean;

/** Photos 1 to 500 in that order, without those that are seen or marked: 30 likely, 240 possible. */
function page(body: SearchRequest): SearchPage {
  const seen = new Set(body.seen ?? []);
  const out = new Set([...(body.like ?? []), ...(body.unlike ?? []), ...seen]);
  const admits = (photo: string) =>
    body.show === 'all' || (body.show === 'seen' ? seen.has(photo) : !out.has(photo));
  const all: Result[] = Array.from({ length: total }, (_, index) => ({
    id: id(index + 1),
    path: `/photos/${index + 1}.jpg`,
    width: 3,
    height: 2,
    color: '#808080',
    copies: 1,
    reachable: true,
    score: 1 - index / total,
    probability: index < 30 ? 0.8 : index < 270 ? 0.2 : 0.01,
    explores: state.explores === true && index < 20,
    group: [],
    grouped: groups && index % 3 === 0 ? 1 : 0,
    reasons: [{ facet: 'content' as const, weight: 1 - index / total, from: 'text' }],
  })).filter((result) => admits(result.id));
  return {
    query: {
      text: body.text ?? '',
      like: body.like ?? [],
      unlike: body.unlike ?? [],
      seen: seen.size,
      facts: body.facts ?? true,
      weights: body.weights ?? {},
      show: body.show ?? 'new',
      facets: body.facets ?? {},
      collapse: body.collapse ?? true,
      diverse: body.diverse ?? false,
      method: body.method ?? 'hone',
      limit: body.limit ?? 60,
      offset: body.offset ?? 0,
    },
    total: all.length,
    likely: 30,
    possible: 240,
    nothing_fits: false,
    text_wins: false,
    explores: false,
    calibration: 'text',
    facets: (['content', 'style', 'people', 'moment'] as const).map((facet) => ({
      facet,
      available: facet !== 'people',
      ...(facet === 'people' ? { why: 'no faces are indexed yet' } : {}),
      auc: 0.5,
      boost: body.facets?.[facet] ?? 1,
      weight: 1,
    })),
    style_terms: ['red', 'dark']
      .filter((word) => body.text?.includes(word))
      .map((word) => ({ word, used: body.style_terms?.includes(word) ?? true })),
    took_ms: 1,
    end: (body.offset ?? 0) + (body.limit ?? 60) >= all.length,
    method: body.method ?? 'hone',
    model: 'test',
    histogram: { from: 0, to: 1, counts: [total - 270, 240, 30] },
    cuts: { likely: 0.66, possible: 0.33 },
    results: all.slice(body.offset, (body.offset ?? 0) + (body.limit ?? 60)),
    ...state,
  };
}

let stop: () => void;
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  sent = [];
  hold = null;
  refuse = null;
  state = {};
  groups = false;
  vi.stubGlobal('scrollTo', vi.fn());
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    const body = JSON.parse(init.body as string) as SearchRequest;
    sent.push({ body, signal: init.signal ?? undefined });
    if (hold) await hold;
    if (init.signal?.aborted) throw new DOMException('aborted', 'AbortError');
    return refuse ?? new Response(JSON.stringify(page(body)));
  });
  history.replaceState(null, '', '#/');
  stop = startSession();
  query.home();
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

describe('session', () => {
  it('searches after 80 ms of quiet, once', async () => {
    query.typed('a');
    query.typed('a d');
    query.typed('a dog');
    expect(sent).toHaveLength(0);
    await vi.waitFor(() => expect(results.list).toHaveLength(30));
    expect(sent.map((one) => one.body.text)).toEqual(['a dog']);
    expect(results.list).toHaveLength(30);
    expect(location.hash).toBe('#/s?q=a+dog');
  });

  it('aborts a search that was overtaken and keeps the newer answer', async () => {
    let free: () => void = () => undefined;
    hold = new Promise((resolve) => (free = resolve));
    query.setWords('old');
    query.setWords('new');
    expect(sent[0]!.signal!.aborted).toBe(true);
    free();
    await settled();
    expect(navigation.search!.words).toBe('new');
    expect(results.error).toBe('');
    expect(results.loading).toBe(false);
    expect(results.list).toHaveLength(30);
  });

  it('shows the refusal of the server', async () => {
    refuse = new Response('{"title":"Too long","detail":"The words are too long."}', { status: 400 });
    query.setWords('x');
    await settled();
    expect(results.error).toBe('The words are too long.');
    expect(results.head).toBeNull();
  });

  it('ends at the cut, shows the possible ones on demand and loads them page by page', async () => {
    query.setWords('dog');
    await settled();
    expect(results.shown).toBe(30);
    results.showPossible();
    expect(results.shown).toBe(270);
    expect(results.list).toHaveLength(120);
    await results.need(200);
    expect(results.list).toHaveLength(270);
    expect(sent.at(-1)!.body).toMatchObject({ offset: 120, limit: 1000 });
    expect(new Set(results.list.map((photo) => photo.id)).size).toBe(270);
    results.showPossible();
    expect(results.shown).toBe(30);
  });

  it('sends marks and seen photos with the next round, and lists the seen ones below', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(1), 'fits');
    marks.mark(id(2), 'not');
    expect(ui.message).toBe('Not this: 2.jpg. 1 fits, 1 doesn’t. Press R to search again.');
    expect(sent).toHaveLength(1);
    currentRound.saw([id(1), id(3), id(4)]);
    currentRound.next();
    await settled();
    expect(sent[1]!.body).toMatchObject({
      text: 'dog',
      like: [id(1)],
      unlike: [id(2)],
      seen: [id(3), id(4)],
    });
    expect(sent[2]!.body).toMatchObject({
      text: 'dog',
      like: [id(1)],
      unlike: [id(2)],
      seen: [id(3), id(4)],
      show: 'seen',
    });
    expect(results.before.map((photo) => photo.id)).toEqual([id(3), id(4)]);
    expect(results.beforeTotal).toBe(2);
    expect(marks.byId.get(id(1))).toBe('fits');

    query.setSeenBefore('mixed');
    await settled();
    expect(sent.at(-1)!.body).toMatchObject({ show: 'all', seen: [id(3), id(4)] });
    expect(results.before).toEqual([]);
    expect(results.list.map((photo) => photo.id)).toContain(id(3));

    query.setSeenBefore('hidden');
    await settled();
    expect(sent.at(-1)!.body.show).toBeUndefined();
    expect(results.before).toEqual([]);
  });

  it('continues without a mark when photos were seen, and announces that the page explores', async () => {
    query.setWords('dog');
    await settled();
    expect(currentRound.ready).toBe(false);
    currentRound.saw([id(1), id(2)]);
    expect(currentRound.ready).toBe(true);
    state = { explores: true, likely: 0, possible: 0 };
    currentRound.next();
    await settled();
    const body = sent.find((one) => one.body.seen)!.body;
    expect(body).toMatchObject({ text: 'dog', seen: [id(1), id(2)], method: 'hone' });
    expect(body.like).toBeUndefined();
    expect(navigation.search!.at).toBe(1);
    expect(results.list.every((result) => result.explores)).toBe(true);
    expect(results.list.length).toBeGreaterThan(10);
    expect(ui.message).toBe(
      'Round 2: 0 likely, 0 possible. Nothing is marked as fitting yet, so here’s a variety.',
    );
    // The link and the history hold the round: back, and forward to the same one.
    const link = location.hash;
    currentRound.back();
    await settled();
    expect(currentRound.ready, 'a round follows already').toBe(true);
    currentRound.next();
    await settled();
    expect(location.hash).toBe(link);
    expect(sent.at(-1)!.body.seen).toEqual([id(1), id(2)]);
  });

  it('continues with the same marks when other photos were seen', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(1), 'fits');
    currentRound.next();
    await settled();
    expect(currentRound.ready).toBe(false);
    currentRound.saw([id(1)]);
    expect(currentRound.ready, 'a marked photo is not an implicit negative').toBe(false);
    currentRound.saw([id(2)]);
    state = { explores: true };
    currentRound.next();
    await settled();
    expect(navigation.search!.at).toBe(2);
    expect(ui.message).toContain('Few photos fit yet, so here’s a variety.');
    expect(sent.at(-2)!.body).toMatchObject({
      like: [id(1)],
      seen: [id(2)],
      rounds: [
        { shown: 1, like: 1 },
        { shown: 1, like: 0 },
      ],
    });
    expect(sent.at(-1)!.body.show).toBe('seen');
  });

  it('boosts facets at once, keeps them in the link, and resets them', async () => {
    query.setWords('dog');
    await settled();
    currentRound.saw([id(7)]);
    query.stepFacet('style', 1);
    await settled();
    expect(sent.at(-1)!.body.facets).toEqual({ style: 2 });
    expect(ui.message).toBe('Style: more. Words: 30 likely, 240 possible.');
    expect(currentRound.ready, 'seen photos stay seen').toBe(true);
    query.stepFacet('style', 1);
    query.setFacet('moment', 0);
    await settled();
    expect(sent.at(-1)!.body.facets).toEqual({ style: 4, moment: 0 });
    expect(location.hash).toBe('#/s?q=dog&c=l4m0');
    const asked = sent.length;
    query.stepFacet('style', 1);
    expect(sent, 'most is the end').toHaveLength(asked);
    query.setFacet('people', 4);
    expect(sent, 'no faces').toHaveLength(asked);
    expect(ui.message).toBe('People can’t be boosted: no faces are indexed yet.');
    query.resetFacets();
    await settled();
    expect(sent.at(-1)!.body.facets).toBeUndefined();
    expect(location.hash).toBe('#/s?q=dog');
  });

  it('goes back to a round with the facets it had', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(1), 'fits');
    currentRound.next();
    await settled();
    query.setFacet('style', 4);
    await settled();
    currentRound.back();
    await settled();
    expect(sent.at(-1)!.body.facets).toBeUndefined();
    currentRound.next();
    await settled();
    expect(sent.at(-1)!.body).toMatchObject({ facets: { style: 4 }, like: [id(1)] });
  });

  it('uses style terms, or ignores them', async () => {
    query.setWords('dark red dog');
    await settled();
    expect(sent.at(-1)!.body.style_terms).toBeUndefined();
    query.setStyleTerm('red', false);
    await settled();
    expect(sent.at(-1)!.body.style_terms).toEqual(['dark']);
    expect(results.head!.style_terms).toEqual([
      { word: 'red', used: false },
      { word: 'dark', used: true },
    ]);
    query.setStyleTerm('dark', false);
    await settled();
    expect(sent.at(-1)!.body.style_terms).toEqual([]);
    expect(fromHash(location.hash).route).toMatchObject({ search: { styleTerms: [] } });
    query.setStyleTerm('red', true);
    query.setStyleTerm('dark', true);
    await settled();
    navigation.endTyping();
    query.setWords('red');
    await settled();
    expect(sent.at(-1)!.body.style_terms, 'other words have other style terms').toBeUndefined();
  });

  it('shows an overview on demand', async () => {
    query.setWords('dog');
    await settled();
    query.setDiverse(true);
    await settled();
    expect(sent.at(-1)!.body.diverse).toBe(true);
    expect(results.list).toHaveLength(30);
  });

  it('ends the list by the match of a group, whatever its size', async () => {
    groups = true;
    query.setWords('dog');
    await settled();
    expect(results.list).toHaveLength(30);
    expect(results.groupTotal).toBe(30);
    results.showPossible();
    await results.need(400);
    expect(results.list).toHaveLength(270);
    expect(results.groupTotal).toBe(270);
  });

  it('shows the closest when nothing fits', async () => {
    state = { nothing_fits: true, likely: 0, possible: 5 };
    query.setWords('dog');
    await settled();
    expect(results.list).toHaveLength(24);
  });

  it('continues only with new marks', async () => {
    query.setWords('dog');
    await settled();
    currentRound.next();
    expect(navigation.search!.at).toBe(0);
    expect(ui.message).toContain('Mark a photo first');
  });

  it('undoes marks one by one, in this round only', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(1), 'fits');
    marks.mark(id(1), 'fits');
    expect(marks.byId.size).toBe(0);
    expect(marks.undo()).toBe(id(1));
    expect(marks.byId.get(id(1))).toBe('fits');
    expect(marks.undo()).toBe(id(1));
    expect(marks.undo()).toBeNull();
  });

  it('changes the strength of a mark, and undoes that like a mark', async () => {
    query.setWords('dog');
    await settled();
    marks.weighNext(id(1));
    expect(ui.notice).toContain('Mark this photo first');
    marks.mark(id(1), 'fits');
    marks.weighNext(id(1));
    expect(ui.message).toBe('Double strength: 1.jpg. 1 fits. Press R to search again.');
    expect(marks.weights.get(id(1))).toBe(2);
    expect(location.hash).toContain('r=0d-');
    marks.stepWeight(id(1), 1);
    expect(marks.weights.get(id(1)), 'double is the maximum').toBe(2);
    currentRound.next();
    await settled();
    expect(sent.find((one) => one.body.like)!.body.weights).toEqual({ [id(1)]: 2 });
    marks.weighNext(id(1));
    expect(marks.weights.get(id(1))).toBe(0.5);
    expect(currentRound.ready).toBe(true);
    marks.weighNext(id(1));
    expect(marks.weights.size).toBe(0);
    expect(marks.undo()).toBe(id(1));
    expect(marks.weights.get(id(1))).toBe(0.5);
    expect(marks.undo()).toBe(id(1));
    expect(marks.weights.get(id(1))).toBe(2);
    expect(currentRound.ready, 'as the round was searched').toBe(false);
    currentRound.back();
    expect(marks.weights.get(id(1)), 'each round has its own').toBe(2);
    marks.removeAll();
    expect(marks.weights.size).toBe(0);
  });

  it('returns to a round with the same request and the same seen photos', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(5), 'fits');
    currentRound.saw([id(6)]);
    currentRound.next();
    await settled();
    const link = location.hash;
    currentRound.back();
    await settled();
    expect(navigation.search!.at).toBe(0);
    expect(sent.at(-1)!.body.like).toBeUndefined();
    currentRound.next();
    await settled();
    expect(location.hash).toBe(link);
    expect(sent.some((one) => one.body.seen?.[0] === id(6))).toBe(true);
    expect(navigation.likelyOf).toEqual([30, 30]);
  });

  it('keeps marks when the words change, and forgets the seen photos of the old words', async () => {
    query.setWords('dog');
    await settled();
    marks.mark(id(5), 'fits');
    currentRound.saw([id(6)]);
    currentRound.next();
    await settled();
    navigation.endTyping();
    query.setWords('dog in snow');
    await settled();
    expect(sent.at(-1)!.body).toMatchObject({ text: 'dog in snow', like: [id(5)] });
    expect(sent.at(-1)!.body.seen).toBeUndefined();
  });

  it('starts over from a photo', async () => {
    query.setWords('dog');
    await settled();
    query.similarTo(id(9));
    await settled();
    expect(sent.at(-1)!.body).toMatchObject({ from: id(9) });
    expect(fromHash(location.hash).route).toMatchObject({
      view: 'search',
      search: { from: id(9), words: '' },
    });
  });

  it('opens a photo as an address and closes it', async () => {
    query.setWords('dog');
    await settled();
    const before = location.hash;
    navigation.open(id(2));
    expect(fromHash(location.hash).open).toBe(id(2));
    navigation.open(id(3));
    expect(fromHash(location.hash).open).toBe(id(3));
    navigation.close();
    await vi.waitFor(() => expect(location.hash).toBe(before));
    expect(location.hash).toBe(before);
    expect(navigation.address.open).toBe('');
    expect(results.list).toHaveLength(30);
  });

  it('keeps the marks made while a photo was open', async () => {
    query.setWords('dog');
    await settled();
    navigation.open(id(2));
    marks.mark(id(2), 'fits');
    navigation.close();
    await vi.waitFor(() => expect(navigation.address.open).toBe(''));
    expect(navigation.address.open).toBe('');
    expect(marks.now.like).toEqual([id(2)]);
    expect(marks.byId.get(id(2))).toBe('fits');
    expect(fromHash(location.hash)).toMatchObject({ open: '', route: { search: { words: 'dog' } } });
    expect(location.hash).toContain('&r=0-');
  });

  it('survives a browser that refuses to write its history', async () => {
    const write = vi.spyOn(history, 'replaceState').mockImplementation(() => {
      throw new DOMException('too often', 'SecurityError');
    });
    query.setWords('dog');
    await settled();
    marks.mark(id(1), 'fits');
    expect(marks.byId.size).toBe(1);
    write.mockRestore();
  });
});

describe('the cut and the filter', () => {
  it('counts photos from the bins', () => {
    const histogram = { from: 0, to: 1, counts: [5, 4, 3] };
    expect([0, 1, 2, 3, -1].map((bin) => countAbove(histogram, bin))).toEqual([12, 7, 3, 0, 12]);
  });

  it('keeps the filter in the link with the words, one history entry each', async () => {
    query.setWords('dog');
    navigation.endTyping();
    await settled();
    const length = history.length;
    query.setFilter(' rating:>=3 ');
    await settled();
    expect(sent.at(-1)!.body).toMatchObject({ text: 'dog', filter: 'rating:>=3' });
    expect(location.hash).toBe('#/s?q=dog&w=rating%3A%3E%3D3');
    expect(history.length).toBe(length + 1);
    const asked = sent.length;
    query.setFilter('rating:>=3');
    expect(sent).toHaveLength(asked);
    await Promise.all([
      new Promise((go) => addEventListener('popstate', go, { once: true })),
      history.back(),
    ]);
    await settled();
    expect(navigation.search).toMatchObject({ words: 'dog', filter: '' });
    expect(sent.at(-1)!.body.filter).toBeUndefined();
  });

  it('keeps marks and the filter when the words change, and the filter when a photo starts a search', async () => {
    query.setFilter('has:gps');
    await settled();
    expect(results.ranked).toBe(false);
    expect(ui.message).toContain('500 photos');
    query.setWords('dog');
    await settled();
    expect(results.ranked).toBe(true);
    expect(sent.at(-1)!.body).toMatchObject({ text: 'dog', filter: 'has:gps' });
    marks.mark(id(1), 'fits');
    query.setFilter('has:date');
    expect(marks.now.like).toEqual([id(1)]);
    query.similarTo(id(9));
    expect(navigation.search).toMatchObject({ from: id(9), words: '', filter: 'has:date' });
    query.setFilter('');
    expect(navigation.search).toMatchObject({ from: id(9), filter: '' });
  });

  it('goes to the start page when the search was only a filter', async () => {
    query.setFilter('has:gps');
    await settled();
    query.setFilter('');
    expect(navigation.route.view).toBe('home');
  });

  it('distinguishes a wrong filter from other refusals', async () => {
    refuse = new Response(
      JSON.stringify({ detail: "filter, column 12: there is no field 'raiting'; did you mean rating?" }),
      { status: 400 },
    );
    query.setFilter('taken:2019 raiting:3');
    await settled();
    expect(query.filterError).toEqual({
      column: 12,
      text: "There is no field 'raiting'; did you mean rating?",
    });
    refuse = new Response('{"detail":"The words are too long."}', { status: 400 });
    results.again();
    await settled();
    expect(query.filterError).toBeNull();
  });
});
