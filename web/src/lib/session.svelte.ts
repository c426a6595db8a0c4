// The search on screen: the address, its results, its marks. Results are asked for here and nowhere else; old
// requests are aborted, further pages come as the list is scrolled.

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
import { groupsUntil, likelyCut, picturesOf, possibleCut, type Cut } from './groups';
import { facetNames, levelOf, levels, boosted, type Boosts } from './facets';
import { filterError } from './filter';
import { library } from './library.svelte';
import * as rounds from './rounds';
import type { Address, Mark, Marks, Route, Search } from './rounds';
import { count, fileName, pictures } from './text';
import { ui } from './ui.svelte';
import { stepAfter, stepAt, stepOf, type WeightStep } from './weights';

/** Pictures of the first page: a few screens, so that the first answer is small. */
const firstPage = 120;
/** Pictures shown when none is likely or possible, so that a search never ends in nothing. */
const closest = 24;
/** Milliseconds between the last key and the search. */
const debounce = 80;

/** What the history keeps beside the address: too long or too private for a link. */
interface Kept {
  /** Ids that were shown before round k, for each k. */
  seen: string[][];
  /** Likely pictures of each round, as far as known. */
  likely: (number | null)[];
  scroll: number;
  /** The lightbox was opened from the entry before, so closing it is a step back. */
  opened: boolean;
}

type Head = Omit<SearchPage, 'results'>;

/** Pictures with a score at or above a bin's lower edge: exact, since the server counted the bins. */
export function countAbove(histogram: Histogram, bin: number): number {
  let sum = 0;
  for (let place = Math.max(0, bin); place < histogram.counts.length; place++)
    sum += histogram.counts[place]!;
  return sum;
}

/** What is unusual about an answer, in one line; empty when nothing is. */
export function stateLine(head: Pick<SearchPage, 'explores' | 'text_wins'>, marks: Marks): string {
  if (head.explores)
    return `${marks.like.length > 0 ? 'Little' : 'Nothing'} fits yet: one picture of each kind not shown so far.`;
  if (head.text_wins) return 'These marks do not agree yet. Showing what the words find.';
  return '';
}

class Session {
  address = $state.raw<Address>({ route: { view: 'home' }, open: '' });
  head = $state.raw<Head | null>(null);
  results = $state.raw<Result[]>([]);
  /** No card is left to load behind `results`. */
  private ended = $state(false);
  /** Shown in an earlier round, ranked again with the marks. */
  before = $state.raw<Result[]>([]);
  /** Pictures among `before`, those in groups included. */
  beforeTotal = $state(0);
  /** Identity of `results`: another list than before, not the same one grown longer. */
  listKey = $state(0);
  loading = $state(false);
  error = $state('');
  /** Length of the list that the user asked for, in pictures, and the least score in it; null for the cut that the server found. */
  asked = $state.raw<{ pictures: number; score: number | null } | null>(null);
  /** Pictures were on screen in this round long enough to count as passed over. */
  passing = $state(false);
  likelyOf = $state.raw<(number | null)[]>([]);
  /** Pictures that could be searched when this search ran; null when that was not known yet. */
  searchedOf = $state<number | null>(null);
  /** A picture from outside the library that the search starts from, as long as this page lives. */
  example = $state.raw<{ id: string; picture: Blob } | null>(null);
  sending = $state(false);
  /** Set when the first picture should get the focus as soon as there is one. */
  focusFirst = $state(false);
  readonly marks = new SvelteMap<string, Mark>();
  /** Marks that do not count once. */
  readonly weights = new SvelteMap<string, number>();
  readonly known = new Map<string, Photo>();

  route = $derived(this.address.route);
  search = $derived(this.address.route.view === 'search' ? this.address.route.search : null);
  /** False while only a filter says what is shown: then nothing is guessed, and there is no likelihood. */
  ranked = $derived(this.search !== null && rounds.isRanking(this.search));
  filterError = $derived(this.search?.filter ? filterError(this.error) : null);
  now = $derived(this.search ? rounds.marksNow(this.search) : rounds.noMarks);
  boosts = $derived<Boosts>(this.search ? rounds.boostsOf(this.search) : {});
  /** Whether a next round would say anything: new marks, or pictures passed over. */
  ready = $derived(this.search !== null && rounds.canGoOn(this.search, this.passing && this.ranked));
  /** How many pictures the list shows, loaded or not. */
  shown = $derived.by(() => {
    const head = this.head;
    if (!head) return 0;
    return Math.min(head.total, this.asked?.pictures ?? this.natural);
  });
  /** The end of the list as the server found it. */
  natural = $derived.by(() => {
    const head = this.head;
    if (!head) return 0;
    if (head.explores) {
      const kinds = picturesOf(this.results.filter((result) => result.explores));
      return kinds > 0 ? kinds : Math.min(head.total, closest);
    }
    if (head.nothing_fits) return Math.min(head.total, closest);
    if (head.likely > 0) return head.likely;
    if (head.possible > 0) return head.possible;
    return Math.min(head.total, closest);
  });
  private cut = $derived.by((): Cut => {
    const head = this.head;
    const cut: Cut = { pictures: this.shown, admits: null };
    // A page in an order of its own, and one without an order by score, end by number.
    if (!head || head.explores || this.search?.diverse || !this.ranked) return cut;
    const asked = this.asked;
    if (asked) {
      const least = asked.score;
      return least === null
        ? { ...cut, admits: (card) => card.probability >= possibleCut }
        : { ...cut, admits: (card) => card.score >= least };
    }
    if (head.nothing_fits || head.likely + head.possible === 0) return cut;
    const least = head.likely > 0 ? likelyCut : possibleCut;
    return { ...cut, admits: (card) => card.probability >= least };
  });
  private ends = $derived(groupsUntil(this.results, this.cut, this.ended));
  /** Cards of the list, loaded or not: exact once its end was seen. */
  cards = $derived(this.ends.all);
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
    // After signing in again, what was refused is asked again.
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
    // What was marked while a picture was open belongs to the list under it, not to the step that is gone.
    if (carried) this.write(this.keep(), rounds.toHash({ ...before, open: '' }));
    this.show(carried ? { ...before, open: '' } : address, this.kept.scroll);
  }

  /** Whether the step from one address to another only closes the picture that was open. */
  private closes(from: Address, to: Address): boolean {
    if (from.open === '' || to.open !== '' || from.route.view !== 'search' || to.route.view !== 'search')
      return false;
    return rounds.placeKey(from.route.search) === rounds.placeKey(to.route.search);
  }

  private keep(): Kept {
    return { ...this.kept, seen: this.kept.seen.map((ids) => [...ids]), scroll: scrollY };
  }

  /** Goes to an address. `replace` changes the present entry of the history, for steps nobody would go back to. */
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

  /** Browsers limit how often and how much is written; a search must go on without its entry in the history. */
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
      this.passing = false;
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

  /** The field changed. Searches after a pause of 80 ms; one visit to the field is one step of the history. */
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
    // Other words show other pictures: what was passed over for the old ones says nothing here.
    this.kept = { seen: next.screens.map(() => []), likely: [], scroll: 0, opened: false };
    this.likelyOf = [];
    const route: Route = rounds.isAsking(next) ? { view: 'search', search: next } : { view: 'home' };
    this.go({ route, open: '' }, this.typingEntry);
    this.typingEntry = true;
  }

  /** A step of the history of its own. Words, marks and rounds stay; their counts were those of another filter. */
  setFilter(filter: string): void {
    const old = this.search;
    if ((old?.filter ?? '').trim() === filter.trim()) {
      // The same wrong filter once more, as asked for.
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
    ui.say('Searching for similar pictures.');
  }

  async startFrom(picture: Blob): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      const sent = await api.example(picture);
      this.example = { id: sent.id, picture };
      this.similarTo(sent.id);
    } catch (error) {
      library.lost(error);
      ui.tell(`This picture could not be used. ${inWords(error)}`);
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
      this.ended = results.length < firstPage;
      this.before = [];
      this.beforeTotal = 0;
      this.asked = null;
      this.listKey++;
      this.searchedOf = library.status?.searchable ?? null;
      this.learn(results);
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

  /** What is said of an answer; what was just done stands in front of it. */
  private heard(search: Search, head: Head): string {
    const name = rounds.roundName(search.at, search);
    const counts = rounds.isRanking(search)
      ? `${count(head.likely)} likely, ${count(head.possible)} possible.`
      : `${pictures(head.total)}.`;
    const parts = [this.saying, `${name}: ${counts}`, stateLine(head, rounds.marksOfRound(search))];
    this.saying = '';
    return parts.filter(Boolean).join(' ');
  }

  /** Loads on until card `index` of the list is there. */
  async need(index: number): Promise<void> {
    const running = this.running;
    const search = this.search;
    if (this.paging || !running || !search || !this.head || this.loading) return;
    this.paging = true;
    try {
      while (this.results.length < Math.min(this.cards, index + 1)) {
        const offset = this.results.length;
        const page = await api.search({ ...this.question(search), limit: maxLimit, offset }, running.signal);
        if (running.signal.aborted) break;
        if (page.results.length < maxLimit) this.ended = true;
        if (page.results.length === 0) break;
        const have = new Set(this.results.slice(-2 * maxLimit).map((result) => result.id));
        // While pictures are being read the order can shift by some; a picture is listed once all the same.
        this.results = this.results.concat(page.results.filter((result) => !have.has(result.id)));
        this.learn(page.results);
      }
    } catch (error) {
      library.lost(error);
    } finally {
      if (this.running === running) this.paging = false;
    }
  }

  private question(search: Search): SearchRequest {
    const passed = this.kept.seen;
    return { ...rounds.request(search, passed[search.at] ?? []), ...rounds.history(search, passed) };
  }

  /** The pictures of earlier rounds in their new order. */
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
      this.learn(page.results);
      this.before = page.results;
      this.beforeTotal = page.total;
    } catch (error) {
      library.lost(error);
    }
  }

  private learn(photos: readonly Photo[]): void {
    for (const photo of photos) {
      this.known.set(photo.id, photo);
      if ('group' in photo) for (const other of (photo as Result).group) this.known.set(other.id, other);
    }
  }

  /** The result of a picture on this screen, of the list or of what was seen before. */
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
    this.asked = this.shown >= all ? null : { pictures: all, score: null };
    ui.say(`${count(this.shown)} pictures shown.`);
  }

  /** The list up to a score; null puts the end back where the server found it. */
  showUpTo(asked: { pictures: number; score: number } | null): void {
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
    const what = on ? (mark === 'fits' ? 'Fits' : 'Not this') : 'Mark taken off';
    ui.say(`${what}: ${this.nameOf(id)}. ${this.sumUp(marks)}`);
  }

  /** Says how much a mark counts, from the next round on. */
  weigh(id: string, step: WeightStep): void {
    const search = this.search;
    if (!search) return;
    if (rounds.markOf(this.now, id) === null) {
      ui.tell('Mark this picture first: F fits, X does not.');
      return;
    }
    const marks = rounds.weighed(this.now, id, step.weight);
    if (marks !== this.now) {
      this.undoable.push({ at: search.at, marks: this.now, id });
      this.set(rounds.withMarks(search, marks), rounds.endsRounds(search));
    }
    ui.say(`${step.word.replace('c', 'C')}: ${this.nameOf(id)}. ${this.sumUp(marks)}`);
  }

  /** One step up or down. */
  stepWeight(id: string, by: 1 | -1): void {
    this.weigh(id, stepAt(stepOf(this.weights.get(id)) + by));
  }

  /** Once, double, half, in turn. */
  weighNext(id: string): void {
    this.weigh(id, stepAfter(this.weights.get(id)));
  }

  private sumUp(marks: Marks): string {
    const line = `${marks.like.length} fit, ${marks.unlike.length} not.`;
    return rounds.hasMarks(marks) ? `${line} Press R to search again.` : line;
  }

  nameOf(id: string): string {
    const photo = this.known.get(id);
    return photo ? fileName(photo.path) : 'picture';
  }

  /** Takes back the last mark; returns its picture, so that the focus can go there. */
  undo(): string | null {
    const search = this.search;
    const last = this.undoable.at(-1);
    if (!search || !last || last.at !== search.at) {
      ui.say('Nothing to undo.');
      return null;
    }
    this.undoable.pop();
    this.set(rounds.withMarks(search, last.marks), rounds.endsRounds(search));
    ui.tell(`Undone. ${last.marks.like.length} fit, ${last.marks.unlike.length} not.`);
    return last.id;
  }

  takeOffAll(): void {
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
    ui.say('All marks taken off.');
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

  /** Reads a word as a look, or only as what it says. */
  setStyleTerm(word: string, used: boolean): void {
    const search = this.search;
    const known = this.head?.style_terms;
    if (!search || !known) return;
    const all = known.map((one) => one.word);
    const now = known.filter((one) => (one.word === word ? used : one.used)).map((one) => one.word);
    this.saying = used ? `“${word}” is read as a look.` : `“${word}” is not read as a look.`;
    this.set({ ...search, styleTerms: now.length === all.length ? null : now });
  }

  // ---- facets ----

  /** Boosts a facet to a step; says why when it cannot be. */
  setFacet(facet: Facet, level: number): void {
    const search = this.search;
    const state = this.head?.facets.find((one) => one.facet === facet);
    const name = facetNames.find((one) => one.facet === facet)!.name;
    if (!search || !this.ranked || !state) return;
    if (!state.available) {
      ui.tell(`${name} can’t be boosted: ${state.why ?? 'there is nothing to go by'}.`);
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

  automatic(): void {
    const search = this.search;
    if (!search) return;
    if (Object.keys(this.boosts).length === 0) {
      ui.say('Everything counts as auc.');
      return;
    }
    this.saying = 'Everything counts as auc.';
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
          : 'Mark a picture first: F fits, X does not. Or look at some for a moment, to be shown others.',
      );
      return;
    }
    const onward = rounds.nextRound(search, this.passing);
    if (!rounds.endsRounds(search)) {
      const passed = new Set([...(this.kept.seen[search.at] ?? []), ...this.looked]);
      for (const id of this.marks.keys()) passed.delete(id);
      const seen = this.kept.seen.slice(0, search.at + 1);
      while (seen.length <= search.at) seen.push([]);
      seen.push([...passed]);
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

  /** Pictures of the list were on screen long enough to count as passed over. */
  sawPictures(ids: readonly string[]): void {
    for (const id of ids) this.looked.add(id);
    const before = this.kept.seen[this.search?.at ?? 0] ?? [];
    if (!this.passing) this.passing = ids.some((id) => !this.marks.has(id) && !before.includes(id));
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
