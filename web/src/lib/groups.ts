// SPDX-License-Identifier: GPL-3.0-or-later
// The end of a list of groups. The server counts photos, a group may have several members, and the groups that are not
// loaded yet are unknown. The scores of the loaded groups show the end; until then it is estimated.
import type { Photo, Result } from './api';

export interface Cut {
  /** Photos that the list is meant to show. */
  photos: number;
  /** Whether a group is before the end; null when the order says nothing and only the number counts. */
  admits: ((group: Result) => boolean) | null;
}

export const likelyCut = 0.5;
export const possibleCut = 0.1;

/** Photos of a group, with its cover. */
const sizeOf = (group: Result): number => 1 + group.grouped;

/** Groups of `loaded` before the end, and how many there will be; `ended`: no more can be loaded. */
export function groupsUntil(
  loaded: readonly Result[],
  cut: Cut,
  ended: boolean,
): { here: number; all: number } {
  let photos = 0;
  for (let index = 0; index < loaded.length; index++) {
    const group = loaded[index]!;
    if (cut.admits ? !cut.admits(group) : photos >= cut.photos) return { here: index, all: index };
    photos += sizeOf(group);
  }
  const here = loaded.length;
  if (ended || (!cut.admits && photos >= cut.photos)) return { here, all: here };
  // At least one more: the end was not seen.
  return { here, all: here + Math.max(1, cut.photos - photos) };
}

export const photosOf = (groups: readonly Result[]): number =>
  groups.reduce((sum, group) => sum + sizeOf(group), 0);

/** The members of a group besides its cover; empty for a photo outside the results. */
export const membersOf = (photo: Photo | undefined): readonly Photo[] =>
  photo && 'group' in photo ? (photo as Result).group : [];
export const groupedOf = (photo: Photo): number => ('grouped' in photo ? (photo as Result).grouped : 0);
/** Index of the group that contains a photo; -1 when none does. */
export const groupIndex = (list: readonly Photo[], id: string): number => {
  const own = list.findIndex((photo) => photo.id === id);
  return own >= 0 ? own : list.findIndex((photo) => membersOf(photo).some((other) => other.id === id));
};
