// SPDX-License-Identifier: GPL-3.0-or-later
// The search on screen: its address, results and marks. Only this file requests results; it aborts outdated requests
// and loads further pages as the list is scrolled.

import { SvelteMap } from 'svelte/reactivity';
import {
  api,
  inWords,
  isAbort,
  maxLimit,
  type Facet,
  type Histogram,
  type Photo,
  type Result,
  type SearchPage,
  type SearchRequest,
} from './api';
import { groupsUntil, likelyCut, photosOf, possibleCut, type Cut } from './groups';
import { facetNames, levelOf, levels, boosted, type Boosts } from './facets';
import { filterError } from './filter';
import { library } from './library.svelte';
import * as rounds from './rounds';
import type { Address, Mark, Marks, Route, Search } from './rounds';
import { count, fileName, fitLine, photoCount } from './text';
import { ui } from './ui.svelte';
import { stepAfter, stepAt, stepOf, type WeightStep } from './weights';

/** Groups of the first page: a few screens, so that the first answer is small. */
const firstPage = 120;
/** Photos shown when none is likely or possible, so that a search always shows some. */
const closest = 24;
/** Milliseconds between the last key and the search. */
const debounce = 80;

/** The state in the browser's history besides the address: too long or too private for a link. */
interface Kept {
  /** For each round k, the ids of photos seen without a mark before it. */
  seen: string[][];
  /** Number of likely photos of each round, if known. */
  likely: (number | null)[];
  scroll: number;
  /** The lightbox was opened from the previous entry, so closing it is a step back. */
  opened: boolean;
}

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

class Session {
  address = $state.raw<Address>({ route: { view: 'home' }, open: '' });
  head = $state.raw<Head | null>(null);
  results = $state.raw<Result[]>([]);
  /** No group is left to load after `results`. */
  private ended = $state(false);
  /** Photos seen in earlier rounds, ranked again with the marks. */
  before = $state.raw<Result[]>([]);
  /** Number of photos in `before`, with those in groups. */
  beforeTotal = $state(0);
  /** Identity of `results`: changes with another list, not when the same list grows. */
  listKey = $state(0);
  loading = $state(false);
  error = $state('');
  /** Length of the list in photos, and its lowest score, as the person asked for; null for the cut of the server. */
  asked = $state.raw<{ photos: number; score: number | null } | null>(null);
  /** Some photos of this round count as seen and have no mark. */
  seenSome = $state(false);
  likelyOf = $state.raw<(number | null)[]>([]);
  /** Number of searchable photos when this search ran; null if unknown. */
  searchedOf = $state<number | null>(null);
  /** A photo from outside the library that the search starts from; kept as long as this page is open. */
  example = $state.raw<{ id: string; photo: Blob } | null>(null);
  sending = $state(false);
  /** The first photo takes the focus as soon as it exists. */
  focusFirst = $state(false);
  readonly marks = new SvelteMap<string, Mark>();
  /** Weights other than 1. */
  readonly weights = new SvelteMap<string, number>();
  readonly known = new Map<string, Photo>();

  route = $derived(this.address.route);
  search = $derived(this.address.route.view === 'search' ? this.address.route.search : null);
  /** False while only a filter selects the photos: then there is no match. */
  ranked = $derived(this.search !== null && rounds.isRanking(this.search));
  filterError = $derived(this.search?.filter ? filterError(this.error) : null);
  now = $derived(this.search ? rounds.marksNow(this.search) : rounds.noMarks);
  boosts = $derived<Boosts>(this.search ? rounds.boostsOf(this.search) : {});
  /** Whether a next round would differ: by new marks, or by photos seen without a mark. */
  ready = $derived(this.search !== null && rounds.canContinue(this.search, this.seenSome && this.ranked));
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
      const kinds = photosOf(this.results.filter((result) => result.explores));
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
    if (!head || head.explores || this.search?.diverse || !this.ranked) return cut;
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
  private ends = $derived(groupsUntil(this.results, this.cut, this.ended));
  /** Number of groups in the list, loaded or not: exact once its end was seen. */
  groupTotal = $derived(this.ends.all);
  list = $derived(
    this.results.length > this.ends.here ? this.results.slice(0, this.ends.here) : this.results,
  );

  private kept: Kept = { seen: [[]], likely: [], scroll: 0, opened: false };
  private looked = new Set<string>();
  private undoable: { at: number; marks: Marks; id: string }[] = [];
  private running: AbortController | null = null;
  private paging = false;
  private shownKey = '';
  private shownPlace = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private typingEntry = false;
  private saying = '';

  start(): () => void {
    history.scrollRestoration = 'manual';
    const read = () => this.readAddress();
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
    // After signing in again, refused requests are repeated.
    this.shownKey = '';
    this.readAddress();
    return () => {
      removeEventListener('popstate', read);
      removeEventListener('hashchange', read);
    };
  }

  // ---- addresses ----

  private readAddress(): void {
    const kept = history.state as Partial<Kept> | null;
    const hash = location.hash;
    if (rounds.toHash(this.address) === hash && this.shownKey !== '') return;
    clearTimeout(this.timer);
    const before = this.address;
    const closing = this.kept.opened;
    this.kept = {
      seen: Array.isArray(kept?.seen) ? kept.seen : [[]],
      likely: Array.isArray(kept?.likely) ? kept.likely : [],
      scroll: typeof kept?.scroll === 'number' ? kept.scroll : 0,
      opened: kept?.opened === true,
    };
    this.likelyOf = this.kept.likely;
    const address = rounds.fromHash(hash);
    const carried = closing && this.closes(before, address);
    // Marks made in the lightbox belong to the list under it, not to the history entry that is gone.
    if (carried) this.write(this.keep(), rounds.toHash({ ...before, open: '' }));
    this.show(carried ? { ...before, open: '' } : address, this.kept.scroll);
  }

  /** Whether the step from one address to another only closes the lightbox. */
  private closes(from: Address, to: Address): boolean {
    if (from.open === '' || to.open !== '' || from.route.view !== 'search' || to.route.view !== 'search')
      return false;
    return rounds.placeKey(from.route.search) === rounds.placeKey(to.route.search);
  }

  private keep(): Kept {
    return { ...this.kept, seen: this.kept.seen.map((ids) => [...ids]), scroll: scrollY };
  }

  /** Goes to an address. `replace` changes the current entry of the history, for steps that need no way back. */
  private go(address: Address, replace = false, opened = false): void {
    const hash = rounds.toHash(address);
    if (replace) this.write(this.keep(), hash);
    else {
      this.write(this.keep());
      this.kept = { ...this.kept, opened };
      this.write({ ...this.keep(), scroll: 0 }, hash, true);
    }
    this.show(address, null);
  }

  /** Browsers limit the number and size of writes; a search continues without its entry in the history. */
  private write(kept: Kept, hash?: string, push = false): void {
    try {
      if (push) history.pushState(kept, '', hash);
      else history.replaceState(kept, '', hash);
    } catch {
      // The next write brings the address up to date.
    }
  }

  private show(address: Address, scroll: number | null): void {
    const before = this.address;
    this.address = address;
    const search = address.route.view === 'search' ? address.route.search : null;
    this.syncMarks(search ? rounds.marksNow(search) : rounds.noMarks);
    const { route } = address;
    const key = search
      ? rounds.roundKey(search)
      : route.view === 'person'
        ? `person ${route.id}`
        : route.view;
    if (key === this.shownKey) {
      if (search && before.route.view === 'search' && before.route.search.seenBefore !== search.seenBefore)
        void this.loadBefore();
      return;
    }
    this.shownKey = key;
    const place = search ? rounds.placeKey(search) : '';
    if (place !== this.shownPlace) {
      this.shownPlace = place;
      this.looked.clear();
      this.seenSome = false;
    }
    if (search && rounds.isAsking(search)) void this.run(scroll ?? 0);
    else {
      this.running?.abort();
      this.clearResults();
      this.loading = false;
      this.error = '';
      if (scroll !== null) requestAnimationFrame(() => scrollTo(0, scroll));
    }
  }

  private syncMarks(marks: Marks): void {
    const wanted = new Map<string, Mark>();
    for (const id of marks.like) wanted.set(id, 'fits');
    for (const id of marks.unlike) wanted.set(id, 'not');
    for (const id of [...this.marks.keys()]) if (!wanted.has(id)) this.marks.delete(id);
    for (const [id, mark] of wanted) if (this.marks.get(id) !== mark) this.marks.set(id, mark);
    const weights = Object.entries(marks.weights ?? {});
    for (const id of [...this.weights.keys()]) if (marks.weights?.[id] === undefined) this.weights.delete(id);
    for (const [id, weight] of weights) if (this.weights.get(id) !== weight) this.weights.set(id, weight);
  }

  private clearResults(): void {
    this.head = null;
    this.results = [];
    this.before = [];
    this.beforeTotal = 0;
    this.asked = null;
    this.ended = false;
    this.listKey++;
  }

  home(): void {
    this.endTyping();
    this.kept = { seen: [[]], likely: [], scroll: 0, opened: false };
    this.likelyOf = [];
    this.undoable = [];
    this.go({ route: { view: 'home' }, open: '' });
    scrollTo(0, 0);
  }

  libraryPage(): void {
    this.page({ view: 'library' });
  }

  peoplePage(): void {
    this.page({ view: 'people' });
  }

  personPage(id: number): void {
    this.page({ view: 'person', id });
  }

  private page(route: Route): void {
    this.endTyping();
    this.go({ route, open: '' });
    scrollTo(0, 0);
  }

  // ---- asking ----

  /** Handles a change of the search box. Searches after a pause of 80 ms; one visit to the field is one history entry. */
  typed(words: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setWords(words), debounce);
  }

  setWords(words: string): void {
    clearTimeout(this.timer);
    const old = this.search;
    if ((old?.words ?? '').trim() === words.trim() && (old !== null || words.trim() === '')) return;
    const next: Search = old
      ? { ...rounds.withoutSeen(old), words, from: words.trim() ? '' : old.from, styleTerms: null }
      : rounds.newSearch({ words });
    // Other words show other photos: the implicit negatives of the old words do not apply.
    this.kept = { seen: next.screens.map(() => []), likely: [], scroll: 0, opened: false };
    this.likelyOf = [];
    const route: Route = rounds.isAsking(next) ? { view: 'search', search: next } : { view: 'home' };
    this.go({ route, open: '' }, this.typingEntry);
    this.typingEntry = true;
  }

  /** Sets the filter as a separate history entry. Words, marks and rounds stay; their counts belong to another filter. */
  setFilter(filter: string): void {
    const old = this.search;
    if ((old?.filter ?? '').trim() === filter.trim()) {
      // The person submitted the same wrong filter again.
      if (this.filterError) this.again();
      return;
    }
    this.endTyping();
    const next: Search = old
      ? { ...old, filter: filter.trim() }
      : rounds.newSearch({ filter: filter.trim() });
    this.kept = { ...this.kept, likely: [], opened: false };
    this.likelyOf = [];
    const asking = rounds.isAsking(next) || next.screens.some(rounds.hasMarks);
    this.go({ route: asking ? { view: 'search', search: next } : { view: 'home' }, open: '' });
    scrollTo(0, 0);
  }

  endTyping(): void {
    clearTimeout(this.timer);
    this.typingEntry = false;
  }

  similarTo(id: string): void {
    this.endTyping();
    this.undoable = [];
    this.kept = { seen: [[]], likely: [], scroll: 0, opened: false };
    this.likelyOf = [];
    const filter = this.search?.filter ?? '';
    this.go({ route: { view: 'search', search: rounds.newSearch({ from: id, filter }) }, open: '' });
    ui.say('Searching for similar photos.');
  }

  async startFrom(photo: Blob): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      const sent = await api.example(photo);
      this.example = { id: sent.id, photo };
      this.similarTo(sent.id);
    } catch (error) {
      library.lost(error);
      ui.tell(inWords(error));
    } finally {
      this.sending = false;
    }
  }

  again(): void {
    if (this.search) void this.run(null);
  }

  private async run(scroll: number | null): Promise<void> {
    const search = this.search;
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
      this.results = results;
      this.ended = head.end;
      this.before = [];
      this.beforeTotal = 0;
      this.asked = null;
      this.listKey++;
      this.searchedOf = library.status?.searchable ?? null;
      this.addKnown(results);
      this.loading = false;
      const likely = [...this.kept.likely];
      likely[round] = head.likely;
      this.kept = { ...this.kept, likely };
      this.likelyOf = likely;
      this.write(this.keep());
      ui.say(this.heard(search, head));
      if (scroll !== null) requestAnimationFrame(() => scrollTo(0, scroll));
      await this.loadBefore();
    } catch (error) {
      if (isAbort(error) || this.running !== running) return;
      this.loading = false;
      library.lost(error);
      this.error = inWords(error);
      if (!library.away) this.clearResults();
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
    const search = this.search;
    if (this.paging || !running || !search || !this.head || this.loading) return;
    this.paging = true;
    try {
      while (this.results.length < Math.min(this.groupTotal, index + 1)) {
        const offset = this.results.length;
        const page = await api.search({ ...this.question(search), limit: maxLimit, offset }, running.signal);
        if (running.signal.aborted) break;
        if (page.end) this.ended = true;
        if (page.results.length === 0) break;
        const have = new Set(this.results.slice(-2 * maxLimit).map((result) => result.id));
        // During indexing the order can shift a little; each photo is still listed once.
        this.results = this.results.concat(page.results.filter((result) => !have.has(result.id)));
        this.addKnown(page.results);
      }
    } catch (error) {
      library.lost(error);
    } finally {
      if (this.running === running) this.paging = false;
    }
  }

  private question(search: Search): SearchRequest {
    const { seen } = this.kept;
    return { ...rounds.request(search, seen[search.at] ?? []), ...rounds.history(search, seen) };
  }

  /** Loads the photos of earlier rounds in their new order. */
  private async loadBefore(): Promise<void> {
    const search = this.search;
    const running = this.running;
    if (!search || !running) return;
    const seen = this.kept.seen[search.at] ?? [];
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
    return this.results.find(own) ?? this.before.find(own) ?? null;
  }

  remember(photo: Photo): void {
    this.known.set(photo.id, photo);
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

  // ---- marks ----

  private set(search: Search, push = false): void {
    this.go({ route: { view: 'search', search }, open: this.address.open }, !push);
  }

  mark(id: string, mark: Mark): void {
    const search = this.search;
    if (!search) return;
    const marks = rounds.toggled(this.now, id, mark);
    this.undoable.push({ at: search.at, marks: this.now, id });
    this.set(rounds.withMarks(search, marks), rounds.endsRounds(search));
    const on = rounds.markOf(marks, id) !== null;
    const done = on ? (mark === 'fits' ? 'Fits' : 'Not this') : 'Mark removed';
    ui.say(`${done}: ${this.nameOf(id)}. ${this.sumUp(marks)}`);
  }

  /** Sets the strength of a mark, from the next round on. */
  weigh(id: string, step: WeightStep): void {
    const search = this.search;
    if (!search) return;
    if (rounds.markOf(this.now, id) === null) {
      ui.tell('Mark this photo first: F if it fits, X if it doesn’t.');
      return;
    }
    const marks = rounds.weighed(this.now, id, step.weight);
    if (marks !== this.now) {
      this.undoable.push({ at: search.at, marks: this.now, id });
      this.set(rounds.withMarks(search, marks), rounds.endsRounds(search));
    }
    ui.say(
      `${step.word.charAt(0).toUpperCase()}${step.word.slice(1)}: ${this.nameOf(id)}. ${this.sumUp(marks)}`,
    );
  }

  /** One step up or down. */
  stepWeight(id: string, by: 1 | -1): void {
    this.weigh(id, stepAt(stepOf(this.weights.get(id)) + by));
  }

  /** Sets the next strength: normal, double, half, in turn. */
  weighNext(id: string): void {
    this.weigh(id, stepAfter(this.weights.get(id)));
  }

  private sumUp(marks: Marks): string {
    const line = `${fitLine(marks.like.length, marks.unlike.length)}.`;
    return rounds.hasMarks(marks) ? `${line} Press R to search again.` : line;
  }

  nameOf(id: string): string {
    const photo = this.known.get(id);
    return photo ? fileName(photo.path) : 'photo';
  }

  /** Undoes the last mark; returns the id of its photo for the focus, or null. */
  undo(): string | null {
    const search = this.search;
    const last = this.undoable.at(-1);
    if (!search || !last || last.at !== search.at) {
      ui.say('Nothing to undo.');
      return null;
    }
    this.undoable.pop();
    this.set(rounds.withMarks(search, last.marks), rounds.endsRounds(search));
    ui.tell(`Undone. ${fitLine(last.marks.like.length, last.marks.unlike.length)}.`);
    return last.id;
  }

  removeAllMarks(): void {
    const search = this.search;
    if (!search) return;
    this.kept = { ...this.kept, seen: [[]], likely: this.kept.likely.slice(0, 1) };
    this.likelyOf = this.kept.likely;
    this.undoable = [];
    const bare: Search = {
      ...search,
      screens: [{ ...rounds.noMarks, boosts: rounds.boostsOf(search) }],
      at: 0,
    };
    if (rounds.isAsking(bare)) this.set(bare, true);
    else this.home();
    ui.say('All marks removed.');
  }

  setMethod(method: Search['method']): void {
    if (this.search) this.set({ ...this.search, method });
  }

  setSeenBefore(seenBefore: Search['seenBefore']): void {
    if (this.search) this.set({ ...this.search, seenBefore });
  }

  setDiverse(diverse: boolean): void {
    if (this.search) this.set({ ...this.search, diverse });
  }

  /** Uses or ignores a style term; the query text keeps the word. */
  setStyleTerm(word: string, used: boolean): void {
    const search = this.search;
    const known = this.head?.style_terms;
    if (!search || !known) return;
    const all = known.map((one) => one.word);
    const now = known.filter((one) => (one.word === word ? used : one.used)).map((one) => one.word);
    this.saying = used ? `Style “${word}” is used.` : `Style “${word}” is ignored.`;
    this.set({ ...search, styleTerms: now.length === all.length ? null : now });
  }

  // ---- facets ----

  /** Boosts a facet to a step, or shows why the facet is not available. */
  setFacet(facet: Facet, level: number): void {
    const search = this.search;
    const state = this.head?.facets.find((one) => one.facet === facet);
    const name = facetNames.find((one) => one.facet === facet)!.name;
    if (!search || !this.ranked || !state) return;
    if (!state.available) {
      ui.tell(`${name} can’t be boosted: ${state.why ?? 'there is no data'}.`);
      return;
    }
    const boosts = boosted(this.boosts, facet, level);
    const word = levels[levelOf(boosts, facet)]!.word;
    if (levelOf(boosts, facet) === levelOf(this.boosts, facet)) {
      ui.say(`${name}: ${word}.`);
      return;
    }
    this.saying = `${name}: ${word}.`;
    this.set(rounds.withBoosts(search, boosts));
  }

  stepFacet(facet: Facet, by: 1 | -1): void {
    this.setFacet(facet, levelOf(this.boosts, facet) + by);
  }

  resetFacets(): void {
    const search = this.search;
    if (!search) return;
    if (Object.keys(this.boosts).length === 0) {
      ui.say('All facets are automatic.');
      return;
    }
    this.saying = 'All facets are automatic.';
    this.set(rounds.withBoosts(search, {}));
  }

  // ---- rounds ----

  next(): void {
    const search = this.search;
    if (!search) return;
    if (!this.ready) {
      ui.say(
        rounds.hasMarks(this.now)
          ? 'No new marks since this round.'
          : 'Mark a photo first: F if it fits, X if it doesn’t. Or look at a few photos, then ask for others.',
      );
      return;
    }
    const onward = rounds.nextRound(search, this.seenSome);
    if (!rounds.endsRounds(search)) {
      const unmarked = new Set([...(this.kept.seen[search.at] ?? []), ...this.looked]);
      for (const id of this.marks.keys()) unmarked.delete(id);
      const seen = this.kept.seen.slice(0, search.at + 1);
      while (seen.length <= search.at) seen.push([]);
      seen.push([...unmarked]);
      this.kept = { ...this.kept, seen, likely: this.kept.likely.slice(0, search.at + 1) };
    }
    this.undoable = [];
    this.endTyping();
    this.go({ route: { view: 'search', search: onward }, open: '' });
    this.focusFirst = true;
  }

  back(): void {
    const search = this.search;
    if (search && search.at > 0) this.toRound(search.at - 1);
  }

  toRound(round: number): void {
    const search = this.search;
    if (!search || round === search.at) return;
    this.undoable = [];
    this.go({ route: { view: 'search', search: rounds.toRound(search, round) }, open: '' });
  }

  /** Notes photos that were on screen long enough to count as seen. */
  sawPhotos(ids: readonly string[]): void {
    for (const id of ids) this.looked.add(id);
    const before = this.kept.seen[this.search?.at ?? 0] ?? [];
    if (!this.seenSome) this.seenSome = ids.some((id) => !this.marks.has(id) && !before.includes(id));
  }

  // ---- lightbox ----

  open(id: string): void {
    const already = this.address.open !== '';
    this.go({ route: this.address.route, open: id }, already, true);
  }

  close(): void {
    if (this.address.open === '') return;
    if (this.kept.opened) history.back();
    else this.go({ route: this.address.route, open: '' }, true);
  }
}

export const session = new Session();
