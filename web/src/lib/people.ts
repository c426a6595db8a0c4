// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people as the screens show them: the position of a face in a thumbnail, the order of people, the names
// that a text may mean, and the texts about faces. Pure.
import type { AgeRange, Box, Face, PeopleEdit, Person, ThumbnailSize } from './api';
import { peopleFilter } from './filter';
import { count, plural } from './text';

export const modelNote = 'A model estimated age and gender from this photo alone.';

// ---- crops of faces ----

export interface Crop {
  size: ThumbnailSize;
  /** Per cent of the square that shows the face. */
  width: number;
  height: number;
  left: number;
  top: number;
}

/** Side of the square, in longer sides of the face: hair and chin belong to it. */
const margin = 1.5;
const sizes: readonly ThumbnailSize[] = [240, 480, 1080];

/**
 * Size and position of a photo's thumbnail behind a square of `shown` device pixels, so that the square shows a face.
 * The square never reaches beyond the photo.
 */
export function cropOf(box: Box, width: number, height: number, shown: number): Crop {
  const across = Math.max(1, width);
  const down = Math.max(1, height);
  const side = Math.max(1, Math.min(margin * Math.max(box[2], box[3]), across, down));
  const within = (middle: number, whole: number) => Math.max(0, Math.min(whole - side, middle - side / 2));
  const x = within(box[0] + box[2] / 2, across);
  const y = within(box[1] + box[3] / 2, down);
  const needed = (shown * Math.max(across, down)) / side;
  return {
    size: sizes.find((size) => size >= needed) ?? 1080,
    width: (100 * across) / side,
    height: (100 * down) / side,
    left: (-100 * x) / side || 0,
    top: (-100 * y) / side || 0,
  };
}

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A box of the photo on a stage with the same middle, moved and scaled by the view. */
export function boxOnStage(
  box: Box,
  photo: { width: number; height: number },
  shown: { width: number; height: number },
  view: { scale: number; x: number; y: number },
  stage: { width: number; height: number },
): Rect {
  const across = (shown.width * view.scale) / Math.max(1, photo.width);
  const down = (shown.height * view.scale) / Math.max(1, photo.height);
  return {
    left: stage.width / 2 + view.x - (shown.width * view.scale) / 2 + box[0] * across,
    top: stage.height / 2 + view.y - (shown.height * view.scale) / 2 + box[1] * down,
    width: box[2] * across,
    height: box[3] * down,
  };
}

// ---- order and names ----

/** Named people first, then by number of photos; equal ones keep a fixed order. */
export const byRank = (one: Person, other: Person): number =>
  Number(other.name !== null) - Number(one.name !== null) || other.photos - one.photos || one.id - other.id;

/** Faces from left to right, as in the caption of a group photo. */
export const leftToRight = (faces: readonly Face[]): Face[] =>
  [...faces].sort((one, other) => one.box[0] - other.box[0] || one.id - other.id);

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
const sameName = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/** Named people whose name, or a word of it, begins as typed: whole names first, then those with more photos. */
export function matches(typed: string, people: readonly Person[], most = 6): Person[] {
  const wanted = plain(typed);
  if (wanted === '') return [];
  const rank = (person: Person): number => {
    const name = plain(person.name ?? '');
    if (name === '') return 3;
    if (name.startsWith(wanted)) return 0;
    return name.split(/[\s-]+/).some((word) => word.startsWith(wanted)) ? 1 : 3;
  };
  return people
    .map((person) => ({ person, rank: rank(person) }))
    .filter((one) => one.rank < 3)
    .sort((one, other) => one.rank - other.rank || byRank(one.person, other.person))
    .slice(0, most)
    .map((one) => one.person);
}

/** The person with exactly this name, regardless of case; accents matter. */
export const personNamed = (name: string, people: readonly Person[]): Person | null =>
  people.find((person) => person.name !== null && sameName(person.name) === sameName(name)) ?? null;

// ---- edits ----

/** The edit that names a person, or merges with the person who already has the name; null when nothing changes. */
export function namingEdit(
  person: { id: number; name: string | null },
  name: string,
  people: readonly Person[],
): PeopleEdit | null {
  const text = name.trim();
  if (text === '' || text === person.name) return null;
  const other = personNamed(text, people);
  if (other && other.id !== person.id && person.name === null)
    return { action: 'merge', people: [other.id, person.id] };
  return { action: 'name', person: person.id, name: text };
}

/** The edit that merges people: the named one first, then the one with more photos. `name` chooses between two names. */
export function mergeEdit(people: readonly Person[], name?: string): PeopleEdit {
  const first = (person: Person) => Number(name !== undefined && person.name === name);
  const order = [...people].sort((one, other) => first(other) - first(one) || byRank(one, other));
  return { action: 'merge', people: order.map((person) => person.id), ...(name ? { name } : {}) };
}

/** The different names among people, those with more photos first. */
export const namesOf = (people: readonly Person[]): string[] => [
  ...new Set([...people].sort(byRank).flatMap((person) => (person.name === null ? [] : [person.name]))),
];

/** The filter that finds photos with all of these people; null when one of them has no name. */
export const filterOf = (people: readonly { name: string | null }[]): string | null =>
  people.length > 0 && people.every((person) => person.name !== null)
    ? peopleFilter(people.map((person) => person.name!))
    : null;

// ---- wording ----

/** "31–44"; one number when both ends are the same. */
export function years(age: AgeRange): string {
  const from = Math.round(age[0]);
  const to = Math.round(age[1]);
  return from === to ? `${from}` : `${from}–${to}`;
}

export const ageLine = (age: AgeRange | undefined): string => (age ? `about ${years(age)}` : '');

/** The likelier gender. */
export function genderLine(gender: Face['gender']): string {
  if (!gender) return '';
  return gender.male > gender.female ? 'man' : 'woman';
}

/** The model's estimates of a face in one line: "est. 31–44 · woman". */
export function estimateLine(face: Pick<Face, 'age' | 'gender'>): string {
  const estimates = [face.age ? years(face.age) : '', genderLine(face.gender)].filter(Boolean).join(' · ');
  return estimates ? `est. ${estimates}` : '';
}

export const nameOf = (person: { name: string | null } | null): string => person?.name ?? 'Unnamed person';

export const faceCount = (faces: number): string => plural(faces, 'face', 'faces');

/** The name of a face for screen readers: "Face 2 of 3: Anna, about 31–44". */
export function faceLabel(face: Face, place: number, all: number): string {
  const who = face.person?.name ?? 'no name';
  return [`Face ${place + 1} of ${all}: ${who}`, ageLine(face.age)].filter(Boolean).join(', ');
}

export const questionLine = (person: { name: string | null }): string =>
  person.name === null ? 'Are these the same person?' : `Is this also ${person.name}?`;

export function settlesLine(settles: number, others: number): string {
  const line = `This settles ${faceCount(Math.max(1, settles))}.`;
  return others > 0 ? `${line} ${count(others)} more to go.` : line;
}
