// What counts: four facets of a picture, each with a weight that the marks teach and the person can pull up or
// down in five steps. A step is a factor on what was learnt; the middle one leaves it as learnt and is not kept.
import type { Facet, FacetState } from './api';

export type Pulls = Readonly<Partial<Record<Facet, number>>>;

export const facetNames: readonly { facet: Facet; name: string; small: string; letter: string }[] = [
  { facet: 'content', name: 'Subject', small: 'subject', letter: 's' },
  { facet: 'look', name: 'Look', small: 'look', letter: 'l' },
  { facet: 'people', name: 'People', small: 'people', letter: 'p' },
  { facet: 'moment', name: 'Moment', small: 'moment', letter: 'm' },
];

export const levels = [
  { factor: 0, word: 'off' },
  { factor: 0.5, word: 'less' },
  { factor: 1, word: 'normal' },
  { factor: 2, word: 'more' },
  { factor: 4, word: 'most' },
] as const;
const asLearnt = 2;

/** The step of a facet, 0 to 4. */
export function levelOf(pulls: Pulls, facet: Facet): number {
  const factor = pulls[facet];
  const level = levels.findIndex((one) => one.factor === factor);
  return level < 0 ? asLearnt : level;
}

export const isSet = (pulls: Pulls, facet: Facet): boolean => levelOf(pulls, facet) !== asLearnt;

export function pulled(pulls: Pulls, facet: Facet, level: number): Pulls {
  const to = Math.max(0, Math.min(levels.length - 1, level));
  const others = Object.entries(pulls).filter(([other]) => other !== facet);
  const own = to === asLearnt ? [] : [[facet, levels[to]!.factor]];
  return Object.fromEntries([...others, ...own]) as Pulls;
}

export const samePulls = (one: Pulls, other: Pulls): boolean =>
  facetNames.every(({ facet }) => levelOf(one, facet) === levelOf(other, facet));

/** "l4m0": a letter and a step for each that is pulled. */
export const pullsToText = (pulls: Pulls): string =>
  facetNames
    .filter(({ facet }) => isSet(pulls, facet))
    .map(({ facet, letter }) => `${letter}${levelOf(pulls, facet)}`)
    .join('');

export function pullsFromText(text: string): Pulls {
  let pulls: Pulls = {};
  for (const { facet, letter } of facetNames) {
    const found = new RegExp(`${letter}([0-4])`).exec(text);
    if (found) pulls = pulled(pulls, facet, Number(found[1]));
  }
  return pulls;
}

/** "0.91, strongly": how well a facet tells what fits from the rest. */
export function learntInWords(state: FacetState): string {
  const said =
    state.learnt < 0.53
      ? 'nothing'
      : state.learnt < 0.65
        ? 'hardly'
        : state.learnt < 0.8
          ? 'somewhat'
          : 'strongly';
  return `${state.learnt.toFixed(2)}, ${said}`;
}
