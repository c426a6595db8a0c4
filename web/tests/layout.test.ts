// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the justified layout.
import { describe, expect, it } from 'vitest';
import { cells, clampAspect, extend, layout, maxStretch, nearest, rowAt, rowOf } from '../src/lib/layout';

const options = { width: 1300, rowHeight: 206, gap: 8, extra: 15 };

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function aspects(count: number, seed = 1): Float32Array {
  const next = random(seed);
  const shapes = [3 / 2, 2 / 3, 4 / 3, 3 / 4, 1, 16 / 9, 5, 0.3];
  return Float32Array.from({ length: count }, () =>
    clampAspect(shapes[Math.floor(next() * shapes.length)]!, 1),
  );
}

describe('layout', () => {
  it('puts every photo into exactly one row, in order', () => {
    const list = layout(aspects(500), options);
    expect(list.start[0]).toBe(0);
    expect(list.start.at(-1)).toBe(500);
    for (let row = 0; row < list.height.length; row++)
      expect(list.start[row + 1]).toBeGreaterThan(list.start[row]!);
  });

  it.each([1300, 1760, 700, 360])(
    'stretches no row above 1.45 and leaves none with one photo at %i px',
    (width) => {
      const list = layout(aspects(5000, width), { ...options, width, rowHeight: width < 400 ? 138 : 206 });
      const wanted = width < 400 ? 138 : 206;
      for (let row = 0; row < list.height.length; row++) {
        expect(list.height[row]! / wanted).toBeLessThanOrEqual(maxStretch + 0.005);
        expect(list.start[row + 1]! - list.start[row]!).toBeGreaterThan(1);
      }
    },
  );

  it('fills the width of every row except the last to the pixel', () => {
    const shapes = aspects(300);
    const list = layout(shapes, options);
    for (let row = 0; row < list.height.length - 1; row++) {
      const line = cells(list, row, shapes, options);
      const end = line.at(-1)!;
      expect(line[0]!.x).toBe(0);
      expect(end.x + end.width).toBe(options.width);
      for (let place = 1; place < line.length; place++)
        expect(line[place]!.x - line[place - 1]!.x - line[place - 1]!.width).toBe(options.gap);
    }
  });

  it('keeps the last row at the wanted height when it cannot be filled', () => {
    const shapes = Float32Array.from([1.5, 1.5]);
    const list = layout(shapes, options);
    expect(list.height).toEqual(Float32Array.from([206]));
    const line = cells(list, 0, shapes, options);
    expect(line[0]!.width).toBe(309);
    expect(line[1]!.x).toBe(317);
  });

  it('comes closer to the wanted height than filling row after row', () => {
    const shapes = aspects(400, 7);
    const off = (heights: number[]) =>
      heights.reduce((sum, height) => sum + (height / 206 - 1) ** 2, 0) / heights.length;
    const greedy: number[] = [];
    let sum = 0;
    let photos = 0;
    for (const shape of shapes) {
      sum += shape;
      photos++;
      const height = (options.width - options.gap * (photos - 1)) / sum;
      if (height <= 206) {
        greedy.push(height);
        sum = photos = 0;
      }
    }
    const list = layout(shapes, options);
    expect(off([...list.height].slice(0, -1))).toBeLessThan(off(greedy));
  });

  it('handles an empty list, one photo and no width', () => {
    expect(layout(new Float32Array(0), options).height.length).toBe(0);
    expect(layout(Float32Array.from([1.5]), options).height).toEqual(Float32Array.from([206]));
    expect(layout(Float32Array.from([1.5]), { ...options, width: 0 }).height.length).toBe(0);
  });

  it('crops extremely wide or tall photos, and treats unknown sizes as square', () => {
    expect(clampAspect(10000, 100)).toBe(2.2);
    expect(clampAspect(100, 10000)).toBe(0.62);
    expect(clampAspect(0, 0)).toBe(1);
  });

  it('lays out 100,000 photos, each in one row', () => {
    const shapes = aspects(100_000);
    const list = layout(shapes, options);
    expect(list.start.at(-1)).toBe(100_000);
    // Each photo is in one row, and the rows follow each other.
    expect([...list.start].every((start, row) => row === 0 || start > list.start[row - 1]!)).toBe(true);
  });
});

describe('extend', () => {
  it('moves only the last two rows', () => {
    const shapes = aspects(2000);
    const before = layout(shapes.subarray(0, 1000), options);
    const after = extend(before, shapes, options);
    const kept = before.height.length - 2;
    expect([...after.start.subarray(0, kept)]).toEqual([...before.start.subarray(0, kept)]);
    expect([...after.top.subarray(0, kept + 1)]).toEqual([...before.top.subarray(0, kept + 1)]);
    expect(after.start.at(-1)).toBe(2000);
    for (let row = 0; row < after.height.length; row++)
      expect(after.top[row + 1]! - after.top[row]!).toBeCloseTo(after.height[row]! + options.extra, 3);
  });

  it('starts from nothing', () => {
    const shapes = aspects(50);
    const list = extend(layout(new Float32Array(0), options), shapes, options);
    expect(list).toEqual(layout(shapes, options));
  });
});

describe('finding rows', () => {
  const shapes = aspects(1000);
  const list = layout(shapes, options);

  it('finds the row at a height', () => {
    expect(rowAt(list, -100)).toBe(0);
    expect(rowAt(list, list.top[7]!)).toBe(7);
    expect(rowAt(list, list.top[8]! - 0.5)).toBe(7);
    expect(rowAt(list, 1e9)).toBe(list.height.length - 1);
  });

  it('finds the row of a photo', () => {
    for (const row of [0, 5, list.height.length - 1]) {
      expect(rowOf(list, list.start[row]!)).toBe(row);
      expect(rowOf(list, list.start[row + 1]! - 1)).toBe(row);
    }
  });

  it('finds the photo nearest to the middle, for up and down', () => {
    const line = [
      { index: 10, x: 0, width: 300 },
      { index: 11, x: 308, width: 100 },
      { index: 12, x: 416, width: 500 },
    ];
    expect(nearest(line, 0)).toBe(10);
    expect(nearest(line, 350)).toBe(11);
    expect(nearest(line, 900)).toBe(12);
  });
});
