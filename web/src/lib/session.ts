// SPDX-License-Identifier: GPL-3.0-or-later
// Connects the stores of the search on screen: each step in the history of the browser reaches all of them.

import { marks } from './marks.svelte';
import { navigation } from './navigation.svelte';
import { results } from './results.svelte';
import { currentRound } from './current_round.svelte';

/** Shows the address of the page, and follows it until the returned function is called. */
export function startSession(): () => void {
  navigation.onStep = (step) => {
    marks.follow();
    currentRound.follow();
    results.follow(step);
  };
  return navigation.start();
}
