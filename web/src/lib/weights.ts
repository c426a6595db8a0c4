// How much single marks count: half, once or double. Once is the rule and is not kept.

/** By the id of the mark; those that count once are absent. */
export type Weights = Readonly<Record<string, number>>;

export const weightSteps = [
  { weight: 0.5, word: 'counts half', sign: '½', letter: 'h' },
  { weight: 1, word: 'counts once', sign: '', letter: '' },
  { weight: 2, word: 'counts double', sign: '2×', letter: 'd' },
] as const;
export type WeightStep = (typeof weightSteps)[number];

const once = 1;

/** The step of a weight, 0 to 2. */
export function stepOf(weight: number | undefined): number {
  const step = weightSteps.findIndex((one) => one.weight === weight);
  return step < 0 ? once : step;
}

export const stepAt = (step: number): WeightStep =>
  weightSteps[Math.max(0, Math.min(weightSteps.length - 1, step))]!;

/** What one key goes through: once, double, half. */
export const stepAfter = (weight: number | undefined): WeightStep =>
  weightSteps[(stepOf(weight) + 1) % weightSteps.length]!;

/** ", counts double", to stand behind a mark; empty for one that counts once. */
export function weightNote(weight: number | undefined): string {
  const { sign, word } = stepAt(stepOf(weight));
  return sign ? `, ${word}` : '';
}

export const weightSign = (weight: number | undefined): string => stepAt(stepOf(weight)).sign;
