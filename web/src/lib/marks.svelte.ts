// SPDX-License-Identifier: GPL-3.0-or-later
// The marks of the search on screen, with their strengths.

import { SvelteMap } from 'svelte/reactivity';
import { navigation } from './navigation.svelte';
import { results } from './results.svelte';
import * as rounds from './rounds';
import type { Mark, Marks, Search } from './rounds';
import { fitLine } from './text';
import { ui } from './ui.svelte';
import { stepAfter, stepAt, stepOf, type WeightStep } from './weights';

class MarkStore {
  readonly byId = new SvelteMap<string, Mark>();
  /** Weights other than 1. */
  readonly weights = new SvelteMap<string, number>();
  now = $derived(navigation.search ? rounds.marksNow(navigation.search) : rounds.noMarks);

  private undoable: { at: number; marks: Marks; id: string }[] = [];

  /** Follows a step to another address. */
  follow(): void {
    const marks = navigation.search ? rounds.marksNow(navigation.search) : rounds.noMarks;
    const wanted = new Map<string, Mark>();
    for (const id of marks.like) wanted.set(id, 'fits');
    for (const id of marks.unlike) wanted.set(id, 'not');
    for (const id of [...this.byId.keys()]) if (!wanted.has(id)) this.byId.delete(id);
    for (const [id, mark] of wanted) if (this.byId.get(id) !== mark) this.byId.set(id, mark);
    const weights = Object.entries(marks.weights ?? {});
    for (const id of [...this.weights.keys()]) if (marks.weights?.[id] === undefined) this.weights.delete(id);
    for (const [id, weight] of weights) if (this.weights.get(id) !== weight) this.weights.set(id, weight);
  }

  /** Makes the marks so far final: another question or round begins. */
  forgetUndo(): void {
    this.undoable = [];
  }

  mark(id: string, mark: Mark): void {
    const search = navigation.search;
    if (!search) return;
    const marks = rounds.toggled(this.now, id, mark);
    this.undoable.push({ at: search.at, marks: this.now, id });
    navigation.set(rounds.withMarks(search, marks), rounds.endsRounds(search));
    const on = rounds.markOf(marks, id) !== null;
    const done = on ? (mark === 'fits' ? 'Fits' : 'Not this') : 'Mark removed';
    ui.say(`${done}: ${results.nameOf(id)}. ${this.sumUp(marks)}`);
  }

  /** Sets the strength of a mark, from the next round on. */
  weigh(id: string, step: WeightStep): void {
    const search = navigation.search;
    if (!search) return;
    if (rounds.markOf(this.now, id) === null) {
      ui.tell('Mark this photo first: F if it fits, X if it doesn’t.');
      return;
    }
    const marks = rounds.weighed(this.now, id, step.weight);
    if (marks !== this.now) {
      this.undoable.push({ at: search.at, marks: this.now, id });
      navigation.set(rounds.withMarks(search, marks), rounds.endsRounds(search));
    }
    ui.say(
      `${step.word.charAt(0).toUpperCase()}${step.word.slice(1)}: ${results.nameOf(id)}. ${this.sumUp(marks)}`,
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

  /** Undoes the last mark; returns the id of its photo for the focus, or null. */
  undo(): string | null {
    const search = navigation.search;
    const last = this.undoable.at(-1);
    if (!search || !last || last.at !== search.at) {
      ui.say('Nothing to undo.');
      return null;
    }
    this.undoable.pop();
    navigation.set(rounds.withMarks(search, last.marks), rounds.endsRounds(search));
    ui.tell(`Undone. ${fitLine(last.marks.like.length, last.marks.unlike.length)}.`);
    return last.id;
  }

  removeAll(): void {
    const search = navigation.search;
    if (!search) return;
    const { kept } = navigation;
    navigation.forget({ ...kept, seen: [[]], likely: kept.likely.slice(0, 1) });
    this.undoable = [];
    const bare: Search = {
      ...search,
      screens: [{ ...rounds.noMarks, boosts: rounds.boostsOf(search) }],
      at: 0,
    };
    if (rounds.isAsking(bare)) navigation.set(bare, true);
    else navigation.home();
    ui.say('All marks removed.');
  }
}

export const marks = new MarkStore();
