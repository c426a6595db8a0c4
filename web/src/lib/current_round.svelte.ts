// SPDX-License-Identifier: GPL-3.0-or-later
// The round on screen: the photos seen in it, and the steps to the next round and back.

import { marks } from './marks.svelte';
import { navigation } from './navigation.svelte';
import { results } from './results.svelte';
import * as rounds from './rounds';
import { ui } from './ui.svelte';

class CurrentRound {
  /** Some photos of this round count as seen and have no mark. */
  private seenSome = $state(false);
  /** Whether a next round would differ: by new marks, or by photos seen without a mark. */
  ready = $derived(
    navigation.search !== null && rounds.canContinue(navigation.search, this.seenSome && results.ranked),
  );

  private looked = new Set<string>();
  private shownPlace = '';

  /** Follows a step to another address. */
  follow(): void {
    const place = navigation.search ? rounds.placeKey(navigation.search) : '';
    if (place === this.shownPlace) return;
    this.shownPlace = place;
    this.looked.clear();
    this.seenSome = false;
  }

  next(): void {
    const search = navigation.search;
    if (!search) return;
    if (!this.ready) {
      ui.say(
        rounds.hasMarks(marks.now)
          ? 'No new marks since this round.'
          : 'Mark a photo first: F if it fits, X if it doesn’t. Or look at a few photos, then ask for others.',
      );
      return;
    }
    const onward = rounds.nextRound(search, this.seenSome);
    if (!rounds.endsRounds(search)) {
      const unmarked = new Set([...(navigation.kept.seen[search.at] ?? []), ...this.looked]);
      for (const id of marks.byId.keys()) unmarked.delete(id);
      const seen = navigation.kept.seen.slice(0, search.at + 1);
      while (seen.length <= search.at) seen.push([]);
      seen.push([...unmarked]);
      navigation.kept = { ...navigation.kept, seen, likely: navigation.kept.likely.slice(0, search.at + 1) };
    }
    marks.forgetUndo();
    navigation.endTyping();
    navigation.go({ route: { view: 'search', search: onward }, open: '' });
    results.focusFirst = true;
  }

  back(): void {
    const search = navigation.search;
    if (search && search.at > 0) this.to(search.at - 1);
  }

  to(round: number): void {
    const search = navigation.search;
    if (!search || round === search.at) return;
    marks.forgetUndo();
    navigation.go({ route: { view: 'search', search: rounds.toRound(search, round) }, open: '' });
  }

  /** Notes photos that were on screen long enough to count as seen. */
  saw(ids: readonly string[]): void {
    for (const id of ids) this.looked.add(id);
    const before = navigation.kept.seen[navigation.search?.at ?? 0] ?? [];
    if (!this.seenSome) this.seenSome = ids.some((id) => !marks.byId.has(id) && !before.includes(id));
  }
}

export const currentRound = new CurrentRound();
