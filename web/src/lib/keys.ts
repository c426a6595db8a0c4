// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard shortcuts. Pure: an event in, a command out. Single-letter shortcuts are off while a text field has the
// focus, and a person can turn them off (WCAG 2.1.4). Letters are read from the keyboard layout.

export type Command =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'first'
  | 'last'
  | 'open'
  | 'close'
  | 'fits'
  | 'not'
  | 'weigh'
  | 'undo'
  | 'next'
  | 'back'
  | 'similar'
  | 'words'
  | 'filter'
  | 'library'
  | 'jobs'
  | 'people'
  | 'faces'
  | 'select'
  | 'merge'
  | 'hide'
  | 'yes'
  | 'no'
  | 'home'
  | 'possible'
  | 'theme'
  | 'help'
  | 'copy'
  | 'zoom'
  | 'why'
  | 'automatic'
  | FacetCommand;

/** A step up or down for the first to fourth facet. */
export type FacetCommand = `${'more' | 'less'}${1 | 2 | 3 | 4}`;

export interface KeyEvent {
  key: string;
  /** The physical key: digits are read from it, so they work wherever a layout puts them. */
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Keys that work in every grid and dialog; they stay when single-letter shortcuts are turned off. */
const always: Record<string, Command> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
  Enter: 'open',
  Escape: 'close',
};

const letters: Record<string, Command> = {
  ' ': 'select',
  f: 'fits',
  x: 'not',
  d: 'weigh',
  u: 'undo',
  r: 'next',
  s: 'similar',
  e: 'possible',
  t: 'theme',
  p: 'copy',
  z: 'zoom',
  v: 'filter',
  w: 'why',
  b: 'faces',
  m: 'merge',
  h: 'hide',
  y: 'yes',
  n: 'no',
  '/': 'words',
  '?': 'help',
};

const afterG: Record<string, Command> = { l: 'library', j: 'jobs', p: 'people', s: 'home', h: 'home' };

/** Milliseconds in which the second key of `G L` must follow. */
const together = 1200;

export class Keys {
  private began = -Infinity;

  constructor(private readonly enabled: () => boolean) {}

  /** The command of a key press, or null. `typing`: a text field has the focus; `now` in milliseconds. */
  read(event: KeyEvent, typing: boolean, now: number): Command | null {
    const undo = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    // A text field undoes its own changes.
    if (undo && !typing && event.key.toLowerCase() === 'z') return 'undo';
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    if (typing) return event.key === 'Escape' ? 'close' : null;
    if (!event.shiftKey && Object.hasOwn(always, event.key)) return always[event.key]!;
    if (!this.enabled() || event.key.length !== 1) return null;

    const digit = /^Digit([0-4])$/.exec(event.code)?.[1];
    if (digit === '0') return event.shiftKey ? null : 'automatic';
    if (digit) return `${event.shiftKey ? 'less' : 'more'}${digit}` as FacetCommand;

    const key = event.key.toLowerCase();
    if (now - this.began < together) {
      this.began = -Infinity;
      if (Object.hasOwn(afterG, key)) return afterG[key]!;
    }
    if (key === 'g' && !event.shiftKey) {
      this.began = now;
      return null;
    }
    if (key === 'z' && event.shiftKey) return 'back';
    // `/` and `?` are shifted on some layouts, letters are not commands with Shift.
    if (event.shiftKey && /[a-z]/.test(key)) return null;
    return Object.hasOwn(letters, key) ? letters[key]! : null;
  }
}

/** The facet that a command boosts, from 0, and the direction; null for any other command. */
export function facetStep(command: Command): { place: number; by: 1 | -1 } | null {
  const found = /^(more|less)([1-4])$/.exec(command);
  return found ? { place: Number(found[2]) - 1, by: found[1] === 'more' ? 1 : -1 } : null;
}

/** Whether an element handles keys itself: text fields, lists of choices and sliders. */
export function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('[contenteditable=""], [contenteditable="true"]')) return true;
  if (target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  if (target.tagName !== 'INPUT') return false;
  return !['checkbox', 'radio', 'button'].includes((target as HTMLInputElement).type);
}

/** The texts of the key overlay, for the tables above. */
export const keyGroups: { name: string; keys: { does: string; keys: string[] }[] }[] = [
  {
    name: 'Move',
    keys: [
      { does: 'Previous, next photo', keys: ['←', '→'] },
      { does: 'Row up, down; other versions of an open photo', keys: ['↑', '↓'] },
      { does: 'First, last photo', keys: ['Home', 'End'] },
      { does: 'Open photo', keys: ['Enter'] },
      { does: 'Hold to zoom', keys: ['Z'] },
    ],
  },
  {
    name: 'Mark',
    keys: [
      { does: 'Fits', keys: ['F'] },
      { does: 'Not this', keys: ['X'] },
      { does: 'Remove the mark', keys: ['same key'] },
      { does: 'Mark strength ×2, ×½, ×1', keys: ['D'] },
      { does: 'Undo the last mark or change to people', keys: ['U'] },
      { does: 'Undo', keys: ['Ctrl', 'Z'] },
    ],
  },
  {
    name: 'Rounds',
    keys: [
      { does: 'Search again, or show more variety', keys: ['R'] },
      { does: 'Back one round', keys: ['Shift', 'Z'] },
      { does: 'Why this photo?', keys: ['W'] },
      { does: 'More Subject, Style, People, Time and place', keys: ['1', '2', '3', '4'] },
      { does: 'Less of the same', keys: ['Shift', '1–4'] },
      { does: 'Reset to automatic', keys: ['0'] },
      { does: 'Show possible matches', keys: ['E'] },
    ],
  },
  {
    name: 'Photo',
    keys: [
      { does: 'Find similar photos', keys: ['S'] },
      { does: 'Show or hide face boxes', keys: ['B'] },
      { does: 'Copy path', keys: ['P'] },
    ],
  },
  {
    name: 'People',
    keys: [
      { does: 'Select the focused person', keys: ['Space'] },
      { does: 'Merge selected people', keys: ['M'] },
      { does: 'Hide or unhide', keys: ['H'] },
      { does: 'Same person', keys: ['Y'] },
      { does: 'Different person', keys: ['N'] },
    ],
  },
  {
    name: 'Go to',
    keys: [
      { does: 'Search box', keys: ['/'] },
      { does: 'Filter', keys: ['V'] },
      { does: 'Start page', keys: ['G', 'S'] },
      { does: 'People', keys: ['G', 'P'] },
      { does: 'Library', keys: ['G', 'L'] },
      { does: 'Jobs', keys: ['G', 'J'] },
    ],
  },
  {
    name: 'Everywhere',
    keys: [
      { does: 'These shortcuts', keys: ['?'] },
      { does: 'Close', keys: ['Esc'] },
      { does: 'Light or dark mode', keys: ['T'] },
    ],
  },
];
