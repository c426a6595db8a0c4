// SPDX-License-Identifier: GPL-3.0-or-later
// Assigns DOM rows to rows of the list. A row that leaves the screen hands its nodes to one that enters. The row with
// the focus keeps its nodes, so the focus never jumps to another photo.

export class RowPool {
  private readonly slots: number[] = [];

  /** Shows the given rows; returns slot -> row, with -1 for a slot that is empty now. */
  assign(rows: readonly number[]): readonly number[] {
    const wanted = new Set(rows);
    const free: number[] = [];
    this.slots.forEach((row, slot) => {
      if (wanted.has(row)) wanted.delete(row);
      else {
        this.slots[slot] = -1;
        free.push(slot);
      }
    });
    for (const row of wanted) {
      const slot = free.shift();
      if (slot === undefined) this.slots.push(row);
      else this.slots[slot] = row;
    }
    // Empty slots at the end are dropped, so that a small window does not keep the nodes of a large one.
    while (this.slots.length > 0 && this.slots[this.slots.length - 1] === -1) this.slots.pop();
    return this.slots;
  }

  clear(): void {
    this.slots.length = 0;
  }
}
