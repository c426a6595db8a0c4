// What a key does. Pure: an event in, a command out. Single keys are off while a text field has the focus and can
// be turned off altogether (WCAG 2.1.4); letters are read from the layout, so they are where the caps say.

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
  | 'auc'
  | FacetCommand;

/** Up or down with the first to fourth facet. */
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

/** Keys that work by themselves in any grid or dialog; they stay when single letters are turned off. */
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

const afterG: Record<string, Command> = { l: 'library', p: 'people', s: 'home', h: 'home' };

/** Milliseconds in which the second key of `G L` must follow. */
const together = 1200;

export class Keys {
  private began = -Infinity;

  constructor(private readonly enabled: () => boolean) {}

  /** The command of a key press, or null. `typing` says that a text field has the focus; `now` in milliseconds. */
  read(event: KeyEvent, typing: boolean, now: number): Command | null {
    const undo = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    // A text field undoes its own changes.
    if (undo && !typing && event.key.toLowerCase() === 'z') return 'undo';
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    if (typing) return event.key === 'Escape' ? 'close' : null;
    if (!event.shiftKey && Object.hasOwn(always, event.key)) return always[event.key]!;
    if (!this.enabled() || event.key.length !== 1) return null;

    const digit = /^Digit([0-4])$/.exec(event.code)?.[1];
    if (digit === '0') return event.shiftKey ? null : 'auc';
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

/** Which facet a command boosts, from 0, and whether up or down; null for any other command. */
export function facetStep(command: Command): { place: number; by: 1 | -1 } | null {
  const found = /^(more|less)([1-4])$/.exec(command);
  return found ? { place: Number(found[2]) - 1, by: found[1] === 'more' ? 1 : -1 } : null;
}

/** Whether the keys of an element are its own: text fields, lists of choices and sliders. */
export function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('[contenteditable=""], [contenteditable="true"]')) return true;
  if (target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  if (target.tagName !== 'INPUT') return false;
  return !['checkbox', 'radio', 'button'].includes((target as HTMLInputElement).type);
}

/** The key overlay: the same table as above, in words. */
export const keyGroups: { name: string; keys: { does: string; keys: string[] }[] }[] = [
  {
    name: 'Move',
    keys: [
      { does: 'Next, previous picture', keys: ['←', '→'] },
      { does: 'Row up, down; in a group that is open', keys: ['↑', '↓'] },
      { does: 'First, last', keys: ['Home', 'End'] },
      { does: 'Open', keys: ['Enter'] },
      { does: 'Look closer, hold', keys: ['Z'] },
    ],
  },
  {
    name: 'Mark',
    keys: [
      { does: 'Fits', keys: ['F'] },
      { does: 'Not this', keys: ['X'] },
      { does: 'Take the mark off', keys: ['same key'] },
      { does: 'The mark counts double, half, once', keys: ['D'] },
      { does: 'Undo the last mark, or the last change of people', keys: ['U'] },
      { does: 'The same', keys: ['Ctrl', 'Z'] },
    ],
  },
  {
    name: 'Rounds',
    keys: [
      { does: 'Search again, or show others', keys: ['R'] },
      { does: 'Back a round', keys: ['Shift', 'Z'] },
      { does: 'Why this picture?', keys: ['W'] },
      { does: 'More Subject, Style, People, Moment', keys: ['1', '2', '3', '4'] },
      { does: 'Less of it', keys: ['Shift', '1–4'] },
      { does: 'As auc', keys: ['0'] },
      { does: 'Show the possible ones', keys: ['E'] },
    ],
  },
  {
    name: 'Picture',
    keys: [
      { does: 'Similar pictures', keys: ['S'] },
      { does: 'Faces', keys: ['B'] },
      { does: 'Copy path', keys: ['P'] },
    ],
  },
  {
    name: 'People',
    keys: [
      { does: 'Select the person', keys: ['Space'] },
      { does: 'Merge those selected, and this one', keys: ['M'] },
      { does: 'Hide them, or show them again', keys: ['H'] },
      { does: 'The same person', keys: ['Y'] },
      { does: 'Not the same', keys: ['N'] },
    ],
  },
  {
    name: 'Go to',
    keys: [
      { does: 'Words', keys: ['/'] },
      { does: 'Filter', keys: ['V'] },
      { does: 'Start', keys: ['G', 'S'] },
      { does: 'People', keys: ['G', 'P'] },
      { does: 'Library', keys: ['G', 'L'] },
    ],
  },
  {
    name: 'Everywhere',
    keys: [
      { does: 'This page', keys: ['?'] },
      { does: 'Close, step out', keys: ['Esc'] },
      { does: 'Light or dark', keys: ['T'] },
    ],
  },
];
