// SPDX-License-Identifier: GPL-3.0-or-later
// The layout of a list of photos in justified rows. Pure: aspect ratios in, rows out; it runs in a worker and in tests.
//
// Rows are broken by least squares over the row heights, as a paragraph is broken into lines: the heights of all
// rows together come as close as possible to the wanted height.

export interface LayoutOptions {
  /** Width of the list, px. */
  width: number;
  /** Wanted height of a row, px. */
  rowHeight: number;
  /** Between photos, px. */
  gap: number;
  /** Below the photos of each row: hone line and space, px. */
  extra: number;
}

export interface Layout {
  /** Index of the first photo of each row, and one past the last photo at the end: rows + 1 numbers. */
  start: Uint32Array;
  /** Height of the photos of each row, px. */
  height: Float32Array;
  /** Top of each row, px, and the height of the whole list at the end: rows + 1 numbers. */
  top: Float64Array;
}

/** Very wide and very tall photos are cropped to these ratios, so that none fills a row alone. */
export const narrowest = 0.62;
export const widest = 2.2;
/** No row is higher than this many times the wanted height. */
export const maxStretch = 1.45;
/** A row below this part of the wanted height is never worth trying. */
const maxSqueeze = 0.6;

export const clampAspect = (width: number, height: number): number =>
  width > 0 && height > 0 ? Math.min(widest, Math.max(narrowest, width / height)) : 1;

export function emptyLayout(): Layout {
  return { start: new Uint32Array([0]), height: new Float32Array(0), top: new Float64Array([0]) };
}

/** One pass over the aspect ratios (already clamped): about 10 steps per photo, two arrays, no objects. */
export function layout(aspects: Float32Array, options: LayoutOptions): Layout {
  const { width, rowHeight, gap, extra } = options;
  const count = aspects.length;
  if (count === 0 || width <= 0) return emptyLayout();

  const best = new Float64Array(count + 1);
  const from = new Int32Array(count + 1);
  for (let end = 1; end <= count; end++) {
    best[end] = Infinity;
    let sum = 0;
    for (let begin = end - 1; begin >= 0; begin--) {
      sum += aspects[begin]!;
      const photos = end - begin;
      const height = (width - gap * (photos - 1)) / sum;
      const ratio = height / rowHeight;
      // Each further photo only makes the row lower.
      if (ratio < maxSqueeze && photos > 2) break;
      let cost: number;
      if (end === count && ratio > 1) {
        // The last row may stay open on the right; a single photo in it looks forgotten.
        cost = 0.1 * Math.min(1, ratio - 1) + (photos === 1 ? 1.5 : 0);
      } else if (ratio >= 1) {
        cost = (ratio - 1) ** 2 + (ratio > maxStretch ? 50 + ratio : 0) + (photos === 1 ? 4 : 0);
      } else {
        cost = (1 / ratio - 1) ** 2 + (photos === 1 ? 4 : 0);
      }
      cost += best[begin]!;
      if (cost < best[end]!) {
        best[end] = cost;
        from[end] = begin;
      }
    }
  }

  let rows = 0;
  for (let end = count; end > 0; end = from[end]!) rows++;
  const start = new Uint32Array(rows + 1);
  const heights = new Float32Array(rows);
  const top = new Float64Array(rows + 1);
  start[rows] = count;
  for (let row = rows - 1, end = count; row >= 0; row--) {
    end = from[end]!;
    start[row] = end;
  }
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let photo = start[row]!; photo < start[row + 1]!; photo++) sum += aspects[photo]!;
    const fill = (width - gap * (start[row + 1]! - start[row]! - 1)) / sum;
    // A row that cannot be filled without stretching keeps the wanted height and stays open on the right.
    heights[row] = Math.round(fill > rowHeight * maxStretch ? Math.min(rowHeight, fill) : fill);
    top[row + 1] = top[row]! + heights[row]! + extra;
  }
  return { start, height: heights, top };
}

/**
 * Adds photos to a layout without moving a row that the user may be looking at: all rows except the last two
 * stay as they are; the rest is laid out again together with the new photos.
 */
export function extend(old: Layout, aspects: Float32Array, options: LayoutOptions): Layout {
  const kept = Math.max(0, old.height.length - 2);
  const first = old.start[kept] ?? 0;
  const rest = layout(aspects.subarray(first), options);
  const rows = kept + rest.height.length;
  const start = new Uint32Array(rows + 1);
  const height = new Float32Array(rows);
  const top = new Float64Array(rows + 1);
  start.set(old.start.subarray(0, kept));
  height.set(old.height.subarray(0, kept));
  top.set(old.top.subarray(0, kept));
  const offset = kept > 0 ? old.top[kept]! : 0;
  for (let row = 0; row <= rest.height.length; row++) {
    start[kept + row] = rest.start[row]! + first;
    top[kept + row] = rest.top[row]! + offset;
    if (row < rest.height.length) height[kept + row] = rest.height[row]!;
  }
  return { start, height, top };
}

/** The row at a height of the list: the last one whose top is at or above it. */
export function rowAt(list: Layout, y: number): number {
  let low = 0;
  let high = list.height.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list.top[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The row that contains a photo. */
export function rowOf(list: Layout, photo: number): number {
  let low = 0;
  let high = list.height.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list.start[middle]! <= photo) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

export interface Cell {
  index: number;
  x: number;
  width: number;
}

/** Left edges and widths of the photos of one row, in whole pixels that fill the width exactly. */
export function cells(list: Layout, row: number, aspects: Float32Array, options: LayoutOptions): Cell[] {
  const begin = list.start[row]!;
  const end = list.start[row + 1]!;
  const height = list.height[row]!;
  const gaps = options.gap * (end - begin - 1);
  let sum = 0;
  for (let index = begin; index < end; index++) sum += aspects[index]!;
  const fill = (options.width - gaps) / sum;
  const open = fill > height + 1;
  const scale = open ? height : fill;
  const out: Cell[] = [];
  let edge = 0;
  for (let index = begin; index < end; index++) {
    const x = Math.round(edge);
    edge += aspects[index]! * scale;
    out.push({ index, x: x + options.gap * (index - begin), width: Math.max(1, Math.round(edge) - x) });
  }
  return out;
}

/** The photo of a row whose middle is nearest to a position, for the keys up and down. */
export function nearest(list: Cell[], middle: number): number {
  let found = list[0]?.index ?? 0;
  let distance = Infinity;
  for (const cell of list) {
    const away = Math.abs(cell.x + cell.width / 2 - middle);
    if (away < distance) {
      distance = away;
      found = cell.index;
    }
  }
  return found;
}
