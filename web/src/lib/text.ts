// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, dates, sizes and short phrases as text. All screens use these helpers, so that a count looks the same
// everywhere. Numbers and dates follow the locale of the browser.

import type { Indexing, Job, Metadata, Missing, TakenFrom } from './api';

/** Undefined: the locale of the browser. */
let locale: string | undefined;
const formats = new Map<string, Intl.NumberFormat>();

/** Sets the locale of numbers and dates, for tests. */
export function setLocale(tag: string | undefined): void {
  locale = tag;
  formats.clear();
}

/** A number with at least `least` and at most `most` digits after the decimal separator. */
export function number(value: number, most = 0, least = 0): string {
  const key = `${least} ${most}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
    formats.set(key, format);
  }
  return format.format(value);
}

/** A date with its time of day; `timeZone` as in Intl.DateTimeFormat, by default the reader's. */
function dateAndTime(date: Date, timeZone?: string): string {
  const options = { dateStyle: 'long', timeStyle: 'short', ...(timeZone ? { timeZone } : {}) } as const;
  return new Intl.DateTimeFormat(locale, options).format(date);
}

export const count = (value: number): string => number(value);
export const plural = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;
export const photoCount = (value: number): string => plural(value, 'photo', 'photos');
/** A part of 1 in per cent, without the sign. */
export const percent = (value: number): number => Math.round(value * 100);
export const fileName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
export const folderOf = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')));

/** "12 photos per second", "1.5 photos per second". */
export const rate = (perSecond: number): string =>
  `${number(perSecond, perSecond >= 10 ? 0 : 1)} photos per second`;

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
  return `${number(size, unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** A moment in the reader's time zone: "1 May 2019 at 12:30" in British English. */
export function day(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : dateAndTime(date);
}

/** A time as the camera's clock showed it, whatever the reader's time zone. */
export function calendarDay(local: string): string {
  const date = new Date(`${local.slice(0, 19)}Z`);
  return Number.isNaN(date.getTime()) ? local : dateAndTime(date, 'UTC');
}

/** "1/250 s, f/2.8, ISO 400, 50 mm", as far as known; in the notation of cameras, not of the locale. */
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

/** Make and model. Many makers repeat their name in the model, so it appears once. */
export function cameraName(facts: Metadata): string {
  const make = facts.make ?? '';
  const model = facts.model ?? '';
  if (!make || model.startsWith(make.split(' ')[0]!)) return model;
  return `${make} ${model}`.trim();
}

/** "48.20000° N, 16.37000° E", in the notation that map services read; empty when unknown. */
export function coordinates(facts: Metadata): string {
  const { latitude, longitude } = facts;
  if (latitude === undefined || longitude === undefined) return '';
  const part = (value: number, plus: string, minus: string) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;
  return `${part(latitude, 'N', 'S')}, ${part(longitude, 'E', 'W')}`;
}

export const rating = (stars: number): string => (stars < 0 ? 'rejected' : `${stars} of 5`);

/** The source of a capture time, to follow the time; empty for a time from the photo's metadata. */
export function takenNote(from: TakenFrom | undefined): string {
  if (from === 'name') return 'from the file name';
  if (from === 'modified') return 'from the file date';
  return '';
}

/** Duration of a search in milliseconds, for the head of the results. */
export const took = (ms: number): string => `${number(ms, ms < 10 ? 1 : 0)} ms`;

/** A message as a sentence: capital letter first, full stop last; `otherwise` for an empty one. */
export function sentence(message: string, otherwise = ''): string {
  const text = message.trim();
  if (text === '') return otherwise;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** At most `most` characters of a text that people typed. */
export function shortened(text: string, most = 60): string {
  const signs = Array.from(text);
  return signs.length <= most
    ? text
    : `${signs
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}

/** "3 fit, 1 doesn’t", "1 fits", "2 don’t fit"; "No marks" without any. */
export function fitLine(like: number, unlike: number): string {
  const fits = like > 0 ? `${count(like)} ${like === 1 ? 'fits' : 'fit'}` : '';
  const not = unlike > 0 ? `${count(unlike)} ${unlike === 1 ? 'doesn’t' : 'don’t'}` : '';
  if (!fits) return not ? `${not} fit` : 'No marks';
  return not ? `${fits}, ${not}` : fits;
}

/** Kinds of skipped files as the server names them, and their names in the interface: one, several. */
const skippedKinds: Record<string, readonly [string, string]> = {
  text: ['text file', 'text files'],
  sidecar: ['sidecar file', 'sidecar files'],
  video: ['video', 'videos'],
  audio: ['audio file', 'audio files'],
  archive: ['archive', 'archives'],
  document: ['document', 'documents'],
  program: ['program', 'programs'],
  database: ['database', 'databases'],
  'empty file': ['empty file', 'empty files'],
  'not an image': ['other file', 'other files'],
  'image of a kind Hone does not support': ['unsupported image', 'unsupported images'],
};

/** The name of a kind of skipped files; a kind without one keeps the server's. */
export const skippedKind = (kind: string, files: number): string =>
  skippedKinds[kind]?.[files === 1 ? 0 : 1] ?? kind;

/** "21 text files, 9 damaged", largest first; empty when nothing was skipped. */
export const skippedLine = (skipped: Record<string, number>): string =>
  Object.entries(skipped)
    .filter(([, files]) => files > 0)
    .sort((one, other) => other[1] - one[1])
    .map(([kind, files]) => `${count(files)} ${skippedKind(kind, files)}`)
    .join(', ');

/** "3 photos have no file any more, the first since 1 May 2019." */
export function missingLine(missing: Missing): string {
  const one = missing.photos === 1;
  const line = `${photoCount(missing.photos)} ${one ? 'has' : 'have'} no file any more`;
  return missing.since ? `${line}, ${one ? '' : 'the first '}since ${day(missing.since)}.` : `${line}.`;
}
export const forgetQuestion = (photos: number): string =>
  photos === 1 ? 'Forget the missing photo?' : `Forget ${count(photos)} missing photos?`;
export const forgottenLine = (photos: number): string =>
  photos === 1 ? 'One photo was forgotten.' : `${photoCount(photos)} were forgotten.`;

/** One job of a scan. */
export const jobOf = (indexing: Indexing, name: string): Job | undefined =>
  indexing.jobs.find((job) => job.name === name);

/** What a job does. */
export function jobName(job: string): string {
  const names: Record<string, string> = {
    finding: 'Finding files',
    indexing: 'Reading photos',
    description: 'Dates, places, cameras and colours',
    content: 'What photos show',
    'new model': 'What photos show, for the new model',
    faces: 'Faces',
    people: 'Grouping people',
    duplicates: 'Finding duplicates',
  };
  return names[job] ?? job;
}

/** How far a job is. */
export function jobState(job: Job): string {
  const parts: string[] = [];
  if (job.state === 'paused') parts.push('Paused');
  if (job.state === 'broken') parts.push('Stopped after many failures; the next scan tries again');
  if (job.state === 'waiting') parts.push('Waiting');
  if (job.total > 0) parts.push(`${count(Math.min(job.done, job.total))} of ${count(job.total)}`);
  else if (job.state === 'idle') parts.push('Nothing to do');
  if (job.state === 'running' && job.per_second > 0) parts.push(rate(job.per_second));
  if (job.seconds_left !== null && job.state !== 'paused') parts.push(`${duration(job.seconds_left)} left`);
  return parts.join(' · ');
}

/** The share of a scan in per cent, rounded down: 100 only at its end. */
export const sharePercent = (share: number): number => Math.floor(share * 100);

/** The device that a model runs on. */
export function deviceName(device: string): string {
  const names: Record<string, string> = {
    auto: 'Automatic',
    cpu: 'Processor',
    cuda: 'Graphics card (CUDA)',
    webgpu: 'Graphics card (WebGPU)',
  };
  return names[device] ?? device;
}

/** The precision that a model computes with. */
export function precisionName(precision: string): string {
  const names: Record<string, string> = { f32: 'full precision', fp16: 'half precision', int8: '8-bit' };
  return names[precision] ?? precision;
}

export const sum = (record: Record<string, number>): number =>
  Object.values(record).reduce((total, value) => total + value, 0);
