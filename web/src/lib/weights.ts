// SPDX-License-Identifier: GPL-3.0-or-later
// The strength of single marks: half, normal or double. Normal strength is not stored.

/** Weights by the id of the marked photo; marks of normal strength are absent. */
export type Weights = Readonly<Record<string, number>>;

export const weightSteps = [
  { weight: 0.5, word: 'half strength', short: '×½', sign: '×½', letter: 'h' },
  { weight: 1, word: 'normal strength', short: '×1', sign: '', letter: '' },
  { weight: 2, word: 'double strength', short: '×2', sign: '×2', letter: 'd' },
] as const;
export type WeightStep = (typeof weightSteps)[number];

const normal = 1;

/** The step of a weight, 0 to 2. */
export function stepOf(weight: number | undefined): number {
  const step = weightSteps.findIndex((one) => one.weight === weight);
  return step < 0 ? normal : step;
}

export const stepAt = (step: number): WeightStep =>
  weightSteps[Math.max(0, Math.min(weightSteps.length - 1, step))]!;

/** The next step for the key D: normal, double, half, in turn. */
export const stepAfter = (weight: number | undefined): WeightStep =>
  weightSteps[(stepOf(weight) + 1) % weightSteps.length]!;

/** ", double strength", to follow a mark; empty for normal strength. */
export function weightNote(weight: number | undefined): string {
  const { sign, word } = stepAt(stepOf(weight));
  return sign ? `, ${word}` : '';
}

export const weightSign = (weight: number | undefined): string => stepAt(stepOf(weight)).sign;
