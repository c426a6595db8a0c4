// Numbers, times and sizes in words. One place, so that a count looks the same on every screen.

import type { Metadata, TakenFrom } from './api';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);
export const plural = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;
export const pictures = (value: number): string => plural(value, 'picture', 'pictures');
export const percent = (value: number): number => Math.round(value * 100);
export const fileName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
export const folderOf = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')));

export function rate(perSecond: number): string {
  return perSecond >= 10 ? whole.format(perSecond) : tenth.format(perSecond);
}

/** "4 min 38 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds));
  if (left < 60) return `${left} s`;
  if (left < 3600) return left % 60 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left / 60} min`;
  return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`;
}

/** Decimal units, as file managers and disks count. */
export function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? whole.format(size) : tenth.format(size)} ${units[unit]}`;
}

const DAY_AND_TIME = {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
} as const;

export function day(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toLocaleString('en-GB', DAY_AND_TIME);
}

/** A time of the camera's calendar as it stands there, wherever the reader is: "1 May 2019, 12:30". */
export function calendarDay(local: string): string {
  const date = new Date(`${local.slice(0, 19)}Z`);
  if (Number.isNaN(date.getTime())) return local;
  return date.toLocaleString('en-GB', { ...DAY_AND_TIME, timeZone: 'UTC' });
}

/** "1/250 s, f/2.8, ISO 400, 50 mm", as far as known. */
export function exposureLine(facts: Metadata): string {
  const parts: string[] = [];
  const seconds = facts.exposure_seconds;
  if (seconds !== undefined)
    parts.push(seconds > 0.3 ? `${Number(seconds.toPrecision(2))} s` : `1/${Math.round(1 / seconds)} s`);
  if (facts.aperture !== undefined) parts.push(`f/${Number(facts.aperture.toPrecision(3))}`);
  if (facts.iso !== undefined) parts.push(`ISO ${facts.iso}`);
  if (facts.focal_length_mm !== undefined) parts.push(`${Number(facts.focal_length_mm.toPrecision(4))} mm`);
  return parts.join(', ');
}

/** Make and model; many makers write their name into the model as well. */
export function cameraName(facts: Metadata): string {
  const make = facts.make ?? '';
  const model = facts.model ?? '';
  if (!make || model.startsWith(make.split(' ')[0]!)) return model;
  return `${make} ${model}`.trim();
}

/** "48.20000° N, 16.37000° E"; empty when it is not known. */
export function coordinates(facts: Metadata): string {
  const { latitude, longitude } = facts;
  if (latitude === undefined || longitude === undefined) return '';
  const part = (value: number, plus: string, minus: string) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;
  return `${part(latitude, 'N', 'S')}, ${part(longitude, 'E', 'W')}`;
}

export const rating = (stars: number): string => (stars < 0 ? 'rejected' : `${stars} of 5`);

/** How a time is known, to stand behind it; empty when the picture says it itself. */
export function takenNote(from: TakenFrom | undefined): string {
  if (from === 'name') return 'as the file is named';
  if (from === 'modified') return 'only the file’s own time';
  return '';
}

/** Milliseconds of a search as the head of the results shows them. */
export const took = (ms: number): string => (ms < 10 ? `${tenth.format(ms)} ms` : `${whole.format(ms)} ms`);

/** "37 skipped: 21 not a picture, 9 damaged", largest first; empty when nothing was skipped. */
export function skippedLine(skipped: Record<string, number>): string {
  const parts = Object.entries(skipped)
    .filter(([, files]) => files > 0)
    .sort((one, other) => other[1] - one[1]);
  const all = parts.reduce((sum, [, files]) => sum + files, 0);
  return all === 0 ? '' : `${parts.map(([reason, files]) => `${count(files)} ${reason}`).join(', ')}`;
}

export const sum = (record: Record<string, number>): number =>
  Object.values(record).reduce((total, value) => total + value, 0);
