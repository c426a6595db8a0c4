// SPDX-License-Identifier: GPL-3.0-or-later
// Decides which photos count as seen: half of the photo was on screen for half a second. Only seen photos without a
// mark become implicit negatives. A row is as high as its photos, so half of the row is half of each photo.

export const half = 0.5;
/** Milliseconds. */
export const dwell = 500;

export interface Box {
  key: number;
  top: number;
  height: number;
}

export class SeenTracker {
  private readonly since = new Map<number, number>();

  /**
   * Takes the positions of the rows; returns the keys of the rows that were on screen long enough, each once per stay
   * on screen. `now` in milliseconds.
   */
  look(boxes: readonly Box[], viewTop: number, viewBottom: number, now: number): number[] {
    const visible = new Set<number>();
    const done: number[] = [];
    for (const box of boxes) {
      const shown = Math.min(box.top + box.height, viewBottom) - Math.max(box.top, viewTop);
      if (shown < box.height * half) continue;
      visible.add(box.key);
      const began = this.since.get(box.key);
      if (began === undefined) this.since.set(box.key, now);
      else if (began >= 0 && now - began >= dwell) {
        this.since.set(box.key, -1);
        done.push(box.key);
      }
    }
    for (const key of [...this.since.keys()]) if (!visible.has(key)) this.since.delete(key);
    return done;
  }

  /** Forget what is on screen, for example when something covers it. */
  reset(): void {
    this.since.clear();
  }
}
