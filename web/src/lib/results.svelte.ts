// SPDX-License-Identifier: GPL-3.0-or-later
// The results of the search on screen. Only this file requests results; it aborts outdated requests and loads further
// pages as the list is scrolled.

import {
  api,
  inWords,
  isAbort,
  maxLimit,
  type Histogram,
  type Photo,
  type Result,
  type SearchPage,
  type SearchRequest,
} from './api';
import { groupsUntil, likelyCut, photosOf, possibleCut, type Cut } from './groups';
import { library } from './library.svelte';
import { navigation, type Step } from './navigation.svelte';
import * as rounds from './rounds';
import type { Marks, Search } from './rounds';
import { count, fileName, photoCount } from './text';
import { ui } from './ui.svelte';

/** Groups of the first page: a few screens, so that the first answer is small. */
const firstPage = 120;
/** Photos shown when none is likely or possible, so that a search always shows some. */
const closest = 24;

type Head = Omit<SearchPage, 'results'>;

/** Number of photos with a score at or above a bin's lower edge: exact, since the server counted the bins. */
export function countAbove(histogram: Histogram, bin: number): number {
  let sum = 0;
  for (let place = Math.max(0, bin); place < histogram.counts.length; place++)
    sum += histogram.counts[place]!;
  return sum;
}

/** The special state of an answer in one line; empty for an ordinary one. */
export function stateLine(head: Pick<SearchPage, 'explores' | 'text_wins'>, marks: Marks): string {
  if (head.explores)
    return marks.like.length > 0
      ? 'Few photos fit yet, so here’s a variety.'
      : 'Nothing is marked as fitting yet, so here’s a variety.';
  if (head.text_wins) return 'Your marks contradict each other, so only the words decide the order.';
  return '';
}

class Results {
  head = $state.raw<Head | null>(null);
  loaded = $state.raw<Result[]>([]);
  /** No group is left to load after `loaded`. */
  private ended = $state(false);
  /** Photos seen in earlier rounds, ranked again with the marks. */
  before = $state.raw<Result[]>([]);
  /** Number of photos in `before`, with those in groups. */
  beforeTotal = $state(0);
  /** Identity of `loaded`: changes with another list, not when the same list grows. */
  listKey = $state(0);
  loading = $state(false);
  error = $state('');
  /** Length of the list in photos, and its lowest score, as the person asked for; null for the cut of the server. */
  asked = $state.raw<{ photos: number; score: number | null } | null>(null);
  /** Number of searchable photos when this search ran; null if unknown. */
  searchedOf = $state<number | null>(null);
  /** The first photo takes the focus as soon as it exists. */
  focusFirst = $state(false);
  readonly known = new Map<string, Photo>();

  /** False while only a filter selects the photos: then there is no match. */
  ranked = $derived(navigation.search !== null && rounds.isRanking(navigation.search));
  /** Number of photos that the list shows, loaded or not. */
  shown = $derived.by(() => {
    const head = this.head;
    if (!head) return 0;
    return Math.min(head.total, this.asked?.photos ?? this.natural);
  });
  /** The end of the list as the server found it. */
  natural = $derived.by(() => {
    const head = this.head;
    if (!head) return 0;
    if (head.explores) {
      const kinds = photosOf(this.loaded.filter((result) => result.explores));
      return kinds > 0 ? kinds : Math.min(head.total, closest);
    }
    if (head.nothing_fits) return Math.min(head.total, closest);
    if (head.likely > 0) return head.likely;
    if (head.possible > 0) return head.possible;
    return Math.min(head.total, closest);
  });
  private cut = $derived.by((): Cut => {
    const head = this.head;
    const cut: Cut = { photos: this.shown, admits: null };
    // A page that is not ordered by score ends by number.
    if (!head || head.explores || navigation.search?.diverse || !this.ranked) return cut;
    const asked = this.asked;
    if (asked) {
      const least = asked.score;
      return least === null
        ? { ...cut, admits: (group) => group.probability >= possibleCut }
        : { ...cut, admits: (group) => group.score >= least };
    }
    if (head.nothing_fits || head.likely + head.possible === 0) return cut;
    const least = head.likely > 0 ? likelyCut : possibleCut;
    return { ...cut, admits: (group) => group.probability >= least };
  });
  private ends = $derived(groupsUntil(this.loaded, this.cut, this.ended));
  /** Number of groups in the list, loaded or not: exact once its end was seen. */
  groupTotal = $derived(this.ends.all);
  list = $derived(this.loaded.length > this.ends.here ? this.loaded.slice(0, this.ends.here) : this.loaded);

  private running: AbortController | null = null;
  private paging = false;
  private shownKey = '';
  /** What the person did, said before the next answer. */
  private saying = '';

  /** Follows a step to another address: requests what it asks for, unless the list stays the same. */
  follow({ before, scroll, fresh }: Step): void {
    const { search, route } = navigation;
    const key = search
      ? rounds.roundKey(search)
      : route.view === 'person'
        ? `person ${route.id}`
        : route.view;
    if (key === this.shownKey && !fresh) {
      if (search && before.route.view === 'search' && before.route.search.seenBefore !== search.seenBefore)
        void this.loadBefore();
      return;
    }
    this.shownKey = key;
    if (search && rounds.isAsking(search)) void this.run(scroll ?? 0);
    else {
      this.running?.abort();
      this.clear();
      this.loading = false;
      this.error = '';
      if (scroll !== null) requestAnimationFrame(() => scrollTo(0, scroll));
    }
  }

  private clear(): void {
    this.head = null;
    this.loaded = [];
    this.before = [];
    this.beforeTotal = 0;
    this.asked = null;
    this.ended = false;
    this.listKey++;
  }

  /** Puts words before the announcement of the next answer. */
  announce(words: string): void {
    this.saying = words;
  }

  again(): void {
    if (navigation.search) void this.run(null);
  }

  private async run(scroll: number | null): Promise<void> {
    const search = navigation.search;
    if (!search) return;
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.loading = true;
    this.error = '';
    this.paging = false;
    const round = search.at;
    try {
      const page = await api.search(
        { ...this.question(search), limit: firstPage, offset: 0 },
        running.signal,
      );
      if (running.signal.aborted) return;
      library.found();
      const { results, ...head } = page;
      this.head = head;
      this.loaded = results;
      this.ended = head.end;
      this.before = [];
      this.beforeTotal = 0;
      this.asked = null;
      this.listKey++;
      this.searchedOf = library.status?.searchable ?? null;
      this.addKnown(results);
      this.loading = false;
      const likely = [...navigation.kept.likely];
      likely[round] = head.likely;
      navigation.kept = { ...navigation.kept, likely };
      navigation.likelyOf = likely;
      navigation.save();
      ui.say(this.heard(search, head));
      if (scroll !== null) requestAnimationFrame(() => scrollTo(0, scroll));
      await this.loadBefore();
    } catch (error) {
      if (isAbort(error) || this.running !== running) return;
      this.loading = false;
      library.lost(error);
      this.error = inWords(error);
      if (!library.away) this.clear();
    }
  }

  /** The announcement of an answer, after the announcement of the action that led to it. */
  private heard(search: Search, head: Head): string {
    const name = rounds.roundName(search.at, search);
    const counts = rounds.isRanking(search)
      ? `${count(head.likely)} likely, ${count(head.possible)} possible.`
      : `${photoCount(head.total)}.`;
    const parts = [this.saying, `${name}: ${counts}`, stateLine(head, rounds.marksOfRound(search))];
    this.saying = '';
    return parts.filter(Boolean).join(' ');
  }

  /** Loads pages until group `index` of the list is loaded. */
  async need(index: number): Promise<void> {
    const running = this.running;
    const search = navigation.search;
    if (this.paging || !running || !search || !this.head || this.loading) return;
    this.paging = true;
    try {
      while (this.loaded.length < Math.min(this.groupTotal, index + 1)) {
        const offset = this.loaded.length;
        const page = await api.search({ ...this.question(search), limit: maxLimit, offset }, running.signal);
        if (running.signal.aborted) break;
        if (page.end) this.ended = true;
        if (page.results.length === 0) break;
        const have = new Set(this.loaded.slice(-2 * maxLimit).map((result) => result.id));
        // During indexing the order can shift a little; each photo is still listed once.
        this.loaded = this.loaded.concat(page.results.filter((result) => !have.has(result.id)));
        this.addKnown(page.results);
      }
    } catch (error) {
      library.lost(error);
    } finally {
      if (this.running === running) this.paging = false;
    }
  }

  private question(search: Search): SearchRequest {
    const { seen } = navigation.kept;
    return { ...rounds.request(search, seen[search.at] ?? []), ...rounds.history(search, seen) };
  }

  /** Loads the photos of earlier rounds in their new order. */
  private async loadBefore(): Promise<void> {
    const search = navigation.search;
    const running = this.running;
    if (!search || !running) return;
    const seen = navigation.kept.seen[search.at] ?? [];
    if (seen.length === 0 || search.seenBefore !== 'below') {
      this.before = [];
      this.beforeTotal = 0;
      return;
    }
    try {
      const page = await api.search(
        { ...rounds.requestSeen(search, seen), limit: maxLimit, offset: 0 },
        running.signal,
      );
      if (running.signal.aborted) return;
      this.addKnown(page.results);
      this.before = page.results;
      this.beforeTotal = page.total;
    } catch (error) {
      library.lost(error);
    }
  }

  private addKnown(photos: readonly Photo[]): void {
    for (const photo of photos) {
      this.known.set(photo.id, photo);
      if ('group' in photo) for (const other of (photo as Result).group) this.known.set(other.id, other);
    }
  }

  /** The result of a photo on this screen, in the list or among those seen before. */
  resultOf(id: string): Result | null {
    const own = (result: Result) => result.id === id;
    return this.loaded.find(own) ?? this.before.find(own) ?? null;
  }

  remember(photo: Photo): void {
    this.known.set(photo.id, photo);
  }

  nameOf(id: string): string {
    const photo = this.known.get(id);
    return photo ? fileName(photo.path) : 'photo';
  }

  // ---- the end of the list ----

  showPossible(): void {
    const head = this.head;
    if (!head) return;
    const all = head.likely + head.possible;
    this.asked = this.shown >= all ? null : { photos: all, score: null };
    ui.say(`${photoCount(this.shown)} shown.`);
  }

  /** Shows the list down to a score; null returns to the cut of the server. */
  showUpTo(asked: { photos: number; score: number } | null): void {
    this.asked = asked;
  }
}

export const results = new Results();
