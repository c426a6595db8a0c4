// SPDX-License-Identifier: GPL-3.0-or-later
// The question of the search on screen besides its marks: words, filter, start photo, facets, style terms, method.

import { api, inWords, type Facet } from './api';
import { boosted, facetNames, levelOf, levels, type Boosts } from './facets';
import { filterError } from './filter';
import { library } from './library.svelte';
import { marks } from './marks.svelte';
import { navigation } from './navigation.svelte';
import { results } from './results.svelte';
import * as rounds from './rounds';
import type { Route, Search } from './rounds';
import { ui } from './ui.svelte';

/** Milliseconds between the last key and the search. */
const debounce = 80;

class Query {
  /** A photo from outside the library that the search starts from; kept as long as this page is open. */
  example = $state.raw<{ id: string; photo: Blob } | null>(null);
  sending = $state(false);

  filterError = $derived(navigation.search?.filter ? filterError(results.error) : null);
  boosts = $derived<Boosts>(navigation.search ? rounds.boostsOf(navigation.search) : {});

  home(): void {
    marks.forgetUndo();
    navigation.home();
  }

  /** Handles a change of the search box. Searches after a pause of 80 ms; one visit to the field is one history entry. */
  typed(words: string): void {
    navigation.later(debounce, () => this.setWords(words));
  }

  setWords(words: string): void {
    navigation.cancel();
    const old = navigation.search;
    if ((old?.words ?? '').trim() === words.trim() && (old !== null || words.trim() === '')) return;
    const next: Search = old
      ? { ...rounds.withoutSeen(old), words, from: words.trim() ? '' : old.from, styleTerms: null }
      : rounds.newSearch({ words });
    // Other words show other photos: the implicit negatives of the old words do not apply.
    navigation.forget({ seen: next.screens.map(() => []) });
    const route: Route = rounds.isAsking(next) ? { view: 'search', search: next } : { view: 'home' };
    navigation.go({ route, open: '' }, navigation.typing);
    navigation.typing = true;
  }

  /** Sets the filter as a separate history entry. Words, marks and rounds stay; their counts belong to another filter. */
  setFilter(filter: string): void {
    const old = navigation.search;
    if ((old?.filter ?? '').trim() === filter.trim()) {
      // The person submitted the same wrong filter again.
      if (this.filterError) results.again();
      return;
    }
    navigation.endTyping();
    const next: Search = old
      ? { ...old, filter: filter.trim() }
      : rounds.newSearch({ filter: filter.trim() });
    navigation.forget({ ...navigation.kept, likely: [], opened: false });
    const asking = rounds.isAsking(next) || next.screens.some(rounds.hasMarks);
    navigation.go({ route: asking ? { view: 'search', search: next } : { view: 'home' }, open: '' });
    scrollTo(0, 0);
  }

  similarTo(id: string): void {
    navigation.endTyping();
    marks.forgetUndo();
    navigation.forget();
    const filter = navigation.search?.filter ?? '';
    navigation.go({ route: { view: 'search', search: rounds.newSearch({ from: id, filter }) }, open: '' });
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

  setMethod(method: Search['method']): void {
    if (navigation.search) navigation.set({ ...navigation.search, method });
  }

  setSeenBefore(seenBefore: Search['seenBefore']): void {
    if (navigation.search) navigation.set({ ...navigation.search, seenBefore });
  }

  setDiverse(diverse: boolean): void {
    if (navigation.search) navigation.set({ ...navigation.search, diverse });
  }

  /** Uses or ignores a style term; the query text keeps the word. */
  setStyleTerm(word: string, used: boolean): void {
    const search = navigation.search;
    const known = results.head?.style_terms;
    if (!search || !known) return;
    const all = known.map((one) => one.word);
    const now = known.filter((one) => (one.word === word ? used : one.used)).map((one) => one.word);
    results.announce(used ? `Style “${word}” is used.` : `Style “${word}” is ignored.`);
    navigation.set({ ...search, styleTerms: now.length === all.length ? null : now });
  }

  // ---- facets ----

  /** Boosts a facet to a step, or shows why the facet is not available. */
  setFacet(facet: Facet, level: number): void {
    const search = navigation.search;
    const state = results.head?.facets.find((one) => one.facet === facet);
    const name = facetNames.find((one) => one.facet === facet)!.name;
    if (!search || !results.ranked || !state) return;
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
    results.announce(`${name}: ${word}.`);
    navigation.set(rounds.withBoosts(search, boosts));
  }

  stepFacet(facet: Facet, by: 1 | -1): void {
    this.setFacet(facet, levelOf(this.boosts, facet) + by);
  }

  resetFacets(): void {
    const search = navigation.search;
    if (!search) return;
    if (Object.keys(this.boosts).length === 0) {
      ui.say('All facets are automatic.');
      return;
    }
    results.announce('All facets are automatic.');
    navigation.set(rounds.withBoosts(search, {}));
  }
}

export const query = new Query();
