// What counts as shown: half of the picture on screen for half a second. Only that is passed over later.
// A row is as high as its pictures, so half of the row is half of each picture in it.

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
   * Reports which rows are where; returns the keys of those that have now been looked at long enough, each once
   * for a stay on screen. `now` in milliseconds.
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
