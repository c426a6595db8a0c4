// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the keyboard shortcuts.
import { describe, expect, it } from 'vitest';
import { facetStep, keyGroups, Keys, takesKeys, type KeyEvent } from '../src/lib/keys';

const press = (key: string, part: Partial<KeyEvent> = {}): KeyEvent => ({
  key,
  code: '',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...part,
});

describe('keys', () => {
  it.each([
    ['f', 'fits'],
    ['F', 'fits'],
    ['x', 'not'],
    ['d', 'weigh'],
    ['u', 'undo'],
    ['r', 'next'],
    ['s', 'similar'],
    ['e', 'possible'],
    ['w', 'why'],
    ['b', 'faces'],
    ['m', 'merge'],
    ['h', 'hide'],
    [' ', 'select'],
    ['y', 'yes'],
    ['n', 'no'],
    ['t', 'theme'],
    ['/', 'words'],
    ['ArrowUp', 'up'],
    ['End', 'last'],
    ['Enter', 'open'],
    ['Escape', 'close'],
  ])('%s is %s', (key, command) => {
    expect(new Keys(() => true).read(press(key), false, 0)).toBe(command);
  });

  it('reads shifted signs, and Z with Shift as a round back', () => {
    const keys = new Keys(() => true);
    expect(keys.read(press('?', { shiftKey: true }), false, 0)).toBe('help');
    expect(keys.read(press('Z', { shiftKey: true }), false, 0)).toBe('back');
    expect(keys.read(press('z'), false, 0)).toBe('zoom');
    expect(keys.read(press('F', { shiftKey: true }), false, 0)).toBeNull();
  });

  it('reads digits from the physical key; Shift means less', () => {
    const keys = new Keys(() => true);
    expect(keys.read(press('2', { code: 'Digit2' }), false, 0)).toBe('more2');
    expect(keys.read(press('"', { code: 'Digit2', shiftKey: true }), false, 0)).toBe('less2');
    expect(keys.read(press('é', { code: 'Digit2' }), false, 0), 'a French layout').toBe('more2');
    expect(keys.read(press('0', { code: 'Digit0' }), false, 0)).toBe('automatic');
    expect(keys.read(press('5', { code: 'Digit5' }), false, 0)).toBeNull();
    expect(keys.read(press('2', { code: 'Digit2' }), true, 0), 'while typing').toBeNull();
    expect(new Keys(() => false).read(press('2', { code: 'Digit2' }), false, 0)).toBeNull();
    expect(facetStep('less4')).toEqual({ place: 3, by: -1 });
    expect(facetStep('more1')).toEqual({ place: 0, by: 1 });
    expect(facetStep('fits')).toBeNull();
  });

  it('is off while typing, except Escape', () => {
    const keys = new Keys(() => true);
    expect(keys.read(press('f'), true, 0)).toBeNull();
    expect(keys.read(press('ArrowLeft'), true, 0)).toBeNull();
    expect(keys.read(press('Escape'), true, 0)).toBe('close');
  });

  it('leaves keys of the browser alone', () => {
    const keys = new Keys(() => true);
    for (const part of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }])
      expect(keys.read(press('f', part), false, 0)).toBeNull();
  });

  it('reads Ctrl+Z as undo, but not while typing', () => {
    const keys = new Keys(() => false);
    expect(keys.read(press('z', { ctrlKey: true }), false, 0)).toBe('undo');
    expect(keys.read(press('z', { metaKey: true }), false, 0)).toBe('undo');
    expect(keys.read(press('z', { ctrlKey: true }), true, 0)).toBeNull();
    expect(keys.read(press('Z', { ctrlKey: true, shiftKey: true }), false, 0)).toBeNull();
  });

  it('can be turned off; arrows, Enter and Escape stay', () => {
    const keys = new Keys(() => false);
    expect(keys.read(press('f'), false, 0)).toBeNull();
    expect(keys.read(press('/'), false, 0)).toBeNull();
    expect(keys.read(press('ArrowDown'), false, 0)).toBe('down');
    expect(keys.read(press('Escape'), false, 0)).toBe('close');
  });

  it('reads G L within about a second', () => {
    const keys = new Keys(() => true);
    expect(keys.read(press('g'), false, 1000)).toBeNull();
    expect(keys.read(press('l'), false, 1500)).toBe('library');
    expect(keys.read(press('l'), false, 1600), 'L alone has no command').toBeNull();
    keys.read(press('g'), false, 3000);
    expect(keys.read(press('p'), false, 3100)).toBe('people');
    keys.read(press('g'), false, 5000);
    expect(keys.read(press('l'), false, 9000)).toBeNull();
    keys.read(press('g'), false, 10_000);
    expect(keys.read(press('f'), false, 10_100), 'another key after G keeps its meaning').toBe('fits');
  });

  it('finds the elements that handle keys themselves', () => {
    const make = (html: string) => {
      document.body.innerHTML = html;
      return document.body.firstElementChild;
    };
    expect(takesKeys(make('<input type="text">'))).toBe(true);
    expect(takesKeys(make('<input type="range">'))).toBe(true);
    expect(takesKeys(make('<select></select>'))).toBe(true);
    expect(takesKeys(make('<input type="checkbox">'))).toBe(false);
    expect(takesKeys(make('<button></button>'))).toBe(false);
    expect(takesKeys(null)).toBe(false);
  });

  it('lists no key twice in the overlay', () => {
    const all = keyGroups.flatMap((group) => group.keys.map((line) => line.keys.join(' ')));
    expect(new Set(all).size).toBe(all.length);
  });
});
