// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of small modules: row pool, seen photos, stage and text.
import { describe, expect, it } from 'vitest';
import { RowPool } from '../src/lib/row_pool';
import { SeenTracker } from '../src/lib/seen';
import { clampView, fitBox, zoomAt } from '../src/lib/stage';
import * as text from '../src/lib/text';
import { setLocale } from '../src/lib/text';

describe('row pool', () => {
  it('hands the nodes of rows that leave to rows that enter', () => {
    const pool = new RowPool();
    expect(pool.assign([0, 1, 2, 3])).toEqual([0, 1, 2, 3]);
    expect(pool.assign([2, 3, 4, 5])).toEqual([4, 5, 2, 3]);
  });

  it('keeps the nodes of a row that stays, such as the one with the focus', () => {
    const pool = new RowPool();
    pool.assign([0, 1, 2, 3]);
    const slots = pool.assign([50, 51, 52, 2]);
    expect(slots[2]).toBe(2);
    expect([...slots].sort((one, other) => one - other)).toEqual([2, 50, 51, 52]);
  });

  it('never grows beyond the rows on screen', () => {
    const pool = new RowPool();
    for (let top = 0; top < 5000; top += 7)
      expect(pool.assign(Array.from({ length: 12 }, (_, row) => top + row)).length).toBeLessThanOrEqual(12);
    expect(pool.assign([1])).toContain(1);
    expect(pool.assign([]).length).toBe(0);
  });
});

describe('seen', () => {
  const row = { key: 1, top: 100, height: 200 };

  it('counts half of the row on screen for half a second, once', () => {
    const tracker = new SeenTracker();
    expect(tracker.look([row], 0, 800, 0)).toEqual([]);
    expect(tracker.look([row], 0, 800, 400)).toEqual([]);
    expect(tracker.look([row], 0, 800, 500)).toEqual([1]);
    expect(tracker.look([row], 0, 800, 900)).toEqual([]);
  });

  it('does not count less than half, and starts again after a pause', () => {
    const tracker = new SeenTracker();
    tracker.look([row], 0, 190, 0);
    expect(tracker.look([row], 0, 190, 1000)).toEqual([]);
    tracker.look([row], 0, 800, 2000);
    tracker.look([row], 0, 0, 2300);
    tracker.look([row], 0, 800, 2400);
    expect(tracker.look([row], 0, 800, 2700)).toEqual([]);
    expect(tracker.look([row], 0, 800, 2900)).toEqual([1]);
  });

  it('does not count rows under the head of the page', () => {
    const tracker = new SeenTracker();
    tracker.look([row], 250, 800, 0);
    expect(tracker.look([row], 250, 800, 600)).toEqual([]);
  });
});

describe('stage', () => {
  const stage = { width: 1000, height: 700 };

  it('fits a photo, and limits the size of a small one', () => {
    expect(fitBox(4000, 3000, 1000, 700)).toEqual({ width: 856, height: 642 });
    expect(fitBox(100, 50, 1000, 700)).toEqual({ width: 300, height: 150 });
    expect(fitBox(0, 0, 1000, 700)).toEqual({ width: 0, height: 0 });
  });

  it('keeps the point under the pointer, and the edges outside', () => {
    const box = { width: 900, height: 600 };
    const view = zoomAt({ scale: 1, x: 0, y: 0 }, 3, 100, 50, box, stage);
    expect(view).toEqual({ scale: 3, x: -200, y: -100 });
    expect(clampView({ scale: 3, x: 9999, y: -9999 }, box, stage)).toEqual({ scale: 3, x: 850, y: -550 });
    const back = zoomAt(view, 1, 0, 0, box, stage);
    expect(back.x).toBeCloseTo(0);
    expect(back.y).toBeCloseTo(0);
  });
});

describe('text', () => {
  it('counts the missing photos and names the number in the question', () => {
    expect(text.missingLine({ photos: 1, since: null })).toBe('1 photo has no file any more.');
    expect(text.missingLine({ photos: 1200, since: '2026-05-01T10:00:00Z' })).toMatch(
      /^1,200 photos have no file any more, the first since .*2026.*\.$/,
    );
    expect(text.missingLine({ photos: 1, since: '2026-05-01T10:00:00Z' })).not.toContain('first');
    expect(text.forgetQuestion(1)).toBe('Forget the missing photo?');
    expect(text.forgetQuestion(1200)).toBe('Forget 1,200 missing photos?');
    expect(text.forgottenLine(1)).toBe('One photo was forgotten.');
    expect(text.forgottenLine(2)).toBe('2 photos were forgotten.');
  });

  it('writes counts in full with separators', () => {
    expect(text.count(48249)).toBe('48,249');
    expect(text.photoCount(1)).toBe('1 photo');
    expect(text.photoCount(1200)).toBe('1,200 photos');
  });

  it.each([
    [13.4, '13 s'],
    [278, '4 min 38 s'],
    [120, '2 min'],
    [7500, '2 h 5 min'],
    [-3, '0 s'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(text.duration(seconds)).toBe(words);
  });

  it('writes sizes in decimal units', () => {
    expect(text.bytes(900)).toBe('900 bytes');
    expect(text.bytes(3_100_000)).toBe('3.1 MB');
  });

  it('lists what was skipped, the most first', () => {
    expect(text.skippedLine({ damaged: 9, text: 21, video: 1, 'too large': 0 })).toBe(
      '21 text files, 9 damaged, 1 video',
    );
    expect(text.skippedLine({})).toBe('');
  });

  it('finds the names in paths of any system', () => {
    expect(text.fileName('/a/b/c.jpg')).toBe('c.jpg');
    expect(text.fileName('C:\\a\\c.jpg')).toBe('c.jpg');
    expect(text.folderOf('/a/b/c.jpg')).toBe('/a/b');
  });

  it('counts marks in words', () => {
    expect(text.fitLine(3, 1)).toBe('3 fit, 1 doesn’t');
    expect(text.fitLine(1, 0)).toBe('1 fits');
    expect(text.fitLine(0, 2)).toBe('2 don’t fit');
    expect(text.fitLine(0, 0)).toBe('No marks');
  });

  it('makes a sentence of a message', () => {
    expect(text.sentence('named 17 faces Anna')).toBe('Named 17 faces Anna.');
    expect(text.sentence('Undone.')).toBe('Undone.');
    expect(text.sentence('', 'Done.')).toBe('Done.');
  });

  it('shortens a long text', () => {
    expect(text.shortened('a dog')).toBe('a dog');
    expect(text.shortened('x'.repeat(3000))).toBe(`${'x'.repeat(59)}…`);
  });

  it('follows the locale', () => {
    expect(text.calendarDay('2019-05-01T12:30:00+02:00')).toBe('1 May 2019 at 12:30');
    setLocale('en-US');
    expect(text.calendarDay('2019-05-01T12:30:00').replace(/\s/g, ' ')).toBe('May 1, 2019 at 12:30 PM');
    setLocale('de-DE');
    expect(text.count(48249)).toBe('48.249');
    expect(text.number(0.5, 2, 2)).toBe('0,50');
    setLocale('en-GB');
  });
});
