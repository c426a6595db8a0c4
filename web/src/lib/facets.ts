// SPDX-License-Identifier: GPL-3.0-or-later
// The four facets of a photo. Hone learns a weight for each from the marks; a person boosts it up or down in five
// steps. A step is a factor on the learned weight. The middle step is 1 and is not stored.
import type { Facet, FacetState } from './api';
import { number } from './text';

export type Boosts = Readonly<Partial<Record<Facet, number>>>;

export const facetNames: readonly { facet: Facet; name: string; small: string; letter: string }[] = [
  { facet: 'content', name: 'Subject', small: 'subject', letter: 's' },
  { facet: 'style', name: 'Style', small: 'style', letter: 'l' },
  { facet: 'people', name: 'People', small: 'people', letter: 'p' },
  { facet: 'moment', name: 'Time and place', small: 'time and place', letter: 'm' },
];

export const levels = [
  { factor: 0, word: 'off' },
  { factor: 0.5, word: 'less' },
  { factor: 1, word: 'default' },
  { factor: 2, word: 'more' },
  { factor: 4, word: 'most' },
] as const;
const automatic = 2;

/** The step of a facet, 0 to 4. */
export function levelOf(boosts: Boosts, facet: Facet): number {
  const factor = boosts[facet];
  const level = levels.findIndex((one) => one.factor === factor);
  return level < 0 ? automatic : level;
}

export const isSet = (boosts: Boosts, facet: Facet): boolean => levelOf(boosts, facet) !== automatic;

export function boosted(boosts: Boosts, facet: Facet, level: number): Boosts {
  const to = Math.max(0, Math.min(levels.length - 1, level));
  const others = Object.entries(boosts).filter(([other]) => other !== facet);
  const own = to === automatic ? [] : [[facet, levels[to]!.factor]];
  return Object.fromEntries([...others, ...own]) as Boosts;
}

export const sameBoosts = (one: Boosts, other: Boosts): boolean =>
  facetNames.every(({ facet }) => levelOf(one, facet) === levelOf(other, facet));

/** "l4m0": a letter and a step for each boosted facet. */
export const boostsToText = (boosts: Boosts): string =>
  facetNames
    .filter(({ facet }) => isSet(boosts, facet))
    .map(({ facet, letter }) => `${letter}${levelOf(boosts, facet)}`)
    .join('');

export function boostsFromText(text: string): Boosts {
  let boosts: Boosts = {};
  for (const { facet, letter } of facetNames) {
    const found = new RegExp(`${letter}([0-4])`).exec(text);
    if (found) boosts = boosted(boosts, facet, Number(found[1]));
  }
  return boosts;
}

/** "strong preference (0.91)": how well a facet separates the positives from the rest. */
export function aucInWords(state: FacetState): string {
  const { auc } = state;
  const strength = auc < 0.53 ? 'no' : auc < 0.65 ? 'weak' : auc < 0.8 ? 'some' : 'strong';
  return `${strength} preference${auc < 0.53 ? ' yet' : ''} (${number(auc, 2, 2)})`;
}
