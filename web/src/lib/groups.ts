// Where a list of cards ends. The server counts pictures, a card may stand for several, and the cards that are not
// loaded yet are not known: the end is found by what a card says of itself, and guessed until then.
import type { Photo, Result } from './api';

export interface Cut {
  /** Pictures that the list is meant to show. */
  pictures: number;
  /** Whether a card is before the end; null when the order says nothing and only the number counts. */
  admits: ((card: Result) => boolean) | null;
}

export const likelyCut = 0.5;
export const possibleCut = 0.1;

const standsFor = (card: Result): number => 1 + card.grouped;

/** Cards of `loaded` before the end, and how many there will be; `ended` says that no more can be loaded. */
export function groupsUntil(loaded: readonly Result[], cut: Cut, ended: boolean): { here: number; all: number } {
  let pictures = 0;
  for (let place = 0; place < loaded.length; place++) {
    const card = loaded[place]!;
    if (cut.admits ? !cut.admits(card) : pictures >= cut.pictures) return { here: place, all: place };
    pictures += standsFor(card);
  }
  const here = loaded.length;
  if (ended || (!cut.admits && pictures >= cut.pictures)) return { here, all: here };
  // One more at least: the end was not seen.
  return { here, all: here + Math.max(1, cut.pictures - pictures) };
}

export const picturesOf = (cards: readonly Result[]): number =>
  cards.reduce((sum, card) => sum + standsFor(card), 0);

/** The other pictures that a card stands for; none for a picture that is no result. */
export const membersOf = (photo: Photo | undefined): readonly Photo[] =>
  photo && 'group' in photo ? (photo as Result).group : [];
export const groupedOf = (photo: Photo): number => ('grouped' in photo ? (photo as Result).grouped : 0);
/** PhotoFile of the card that shows a picture or stands for it; -1 when none does. */
export const groupIndex = (list: readonly Photo[], id: string): number => {
  const own = list.findIndex((photo) => photo.id === id);
  return own >= 0 ? own : list.findIndex((photo) => membersOf(photo).some((other) => other.id === id));
};
