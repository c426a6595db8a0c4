// SPDX-License-Identifier: GPL-3.0-or-later
// The typed HTTP interface of a Hone server (docs/http.md). This file has no state. Reading calls take an AbortSignal,
// so that the next key press can cancel a search.

/** The account of this browser (docs/sign-in.md). */
export interface Session {
  /** True: sign in first. */
  needed: boolean;
  name: string | null;
  role: 'owner' | 'viewer' | null;
  can_sign_out: boolean;
}

export interface Photo {
  id: string;
  /** Empty for a viewer: viewers do not see paths. */
  path: string;
  /** Pixels, upright after EXIF orientation. */
  width: number;
  height: number;
  /** Mean colour, shown until the photo is loaded. */
  color: string;
  /** Number of files with the same bytes. */
  copies: number;
  /** At least one of the files is available; false while their disks or folders are offline. */
  reachable: boolean;
  /** Local time of the camera, with its offset if known: "2019-05-01T12:30:00+02:00". */
  taken_at?: string;
}

/** Metadata of a photo; unknown values are absent. */
export interface Metadata {
  make?: string;
  model?: string;
  lens?: string;
  exposure_seconds?: number;
  aperture?: number;
  focal_length_mm?: number;
  iso?: number;
  latitude?: number;
  longitude?: number;
  altitude_m?: number;
  /** Stars, -1 for rejected. */
  rating?: number;
  title?: string;
  description?: string;
  keywords?: string[];
  motion?: boolean;
}

export type TakenFrom = 'exif' | 'gps' | 'xmp' | 'iptc' | 'name' | 'modified';

export interface PhotoFile {
  path: string;
  folder: string;
  size: number;
  modified_at: string;
  reachable: boolean;
}

export interface PhotoDetail extends Photo {
  metadata: Metadata;
  taken_from?: TakenFrom;
  /** Ids of the raw files that this photo represents. */
  raw: string[];
  shown_as?: string;
  bytes: number;
  format: string;
  added_at: string;
  files: PhotoFile[];
  analyses: { analyzer: string; version: string; model: string; at: string }[];
}

export type Method = 'hone' | 'text' | 'average' | 'rocchio' | 'fit' | 'fit-data' | 'bayes' | 'propagate';
export type Facet = 'content' | 'style' | 'people' | 'moment';
/** New: neither seen nor marked. Seen: only those. All: everything. */
export type Show = 'new' | 'seen' | 'all';

/** One share of a score; the weights of all add up to it. */
export interface Reason {
  facet: Facet | 'text_index';
  weight: number;
  /** `text`, `seen`, `library`, `style:red`, or the id of a mark. */
  from: string;
}

export interface Result extends Photo {
  score: number;
  /** 0 to 1. */
  probability: number;
  /** Its rank, from 1, by query text or start photo alone; only if marks rank as well. */
  text_rank?: number;
  /** The photo is of a kind not shown yet, chosen while nothing is marked as fitting. */
  explores: boolean;
  /** Up to 20 of the `grouped` members of the group; this photo is its cover. */
  group: Photo[];
  grouped: number;
  reasons: Reason[];
}

export interface SearchRequest {
  text?: string;
  like?: string[];
  unlike?: string[];
  weights?: Record<string, number>;
  seen?: string[];
  /** Photos shown and marked as fitting in each round so far. */
  rounds?: { shown: number; like: number }[];
  show?: Show;
  from?: string;
  filter?: string;
  facts?: boolean;
  /** Factors, 0 (off) to 10, on the learned weights. */
  facets?: Partial<Record<Facet, number>>;
  /** Style terms to use; absent: all in the query text. */
  style_terms?: string[];
  method?: Method;
  collapse?: boolean;
  diverse?: boolean;
  limit?: number;
  offset?: number;
}

export interface Histogram {
  from: number;
  to: number;
  counts: number[];
}

export interface FacetState {
  facet: Facet;
  available: boolean;
  /** The reason why it is not available. */
  why?: string;
  /** Leave-one-out AUC: how well it separates the positives from the others, 0.5 (not at all) to 1. */
  auc: number;
  boost: number;
  /** Its share in the ranking. */
  weight: number;
}

export interface StyleTerm {
  word: string;
  used: boolean;
}

/** `total`, `likely`, `possible` and the histogram count photos; each of the `results` is a group. */
export interface SearchPage {
  total: number;
  likely: number;
  possible: number;
  nothing_fits: boolean;
  text_wins: boolean;
  explores: boolean;
  calibration: 'text' | 'marks' | 'deviation';
  facets: FacetState[];
  style_terms: StyleTerm[];
  took_ms: number;
  /** True when no page comes after this one. */
  end: boolean;
  method: string;
  model: string;
  histogram: Histogram;
  cuts: { likely: number; possible: number };
  results: Result[];
}

export interface Folder {
  id: number;
  path: string;
  photos: number;
  reachable: boolean;
}

export interface Indexing {
  state: 'idle' | 'counting' | 'running' | 'paused';
  done: number;
  total: number;
  failed: number;
  skipped: Record<string, number>;
  photos_per_second: number;
  seconds_left: number | null;
  stage: string;
}

export interface Model {
  name: string;
  dimension: number;
  licence: string;
  precision: string;
  device: string;
}

/** Photos without a file; `since`: the time from which the first one has none, in UTC. */
export interface Missing {
  photos: number;
  since: string | null;
}

/** Photos that Hone forgot; with `forgotten` false, those that it would forget. */
export interface Forgotten {
  photos: number;
  names: string[];
  forgotten: boolean;
}

export interface Status {
  version: string;
  library: string;
  photos: number;
  searchable: number;
  failed: number;
  /** Only for owners. */
  missing?: Missing;
  model: Model | null;
  /** Only for a catalogue on a server; `state` is `ready` or a message. */
  catalog?: { address: string; state: string; trouble: string | null };
  folders: Folder[];
  /** Folders that only periodic scans see; not for viewers. */
  unwatched?: { path: string; reason: string }[];
  indexing: Indexing;
  last_scan: unknown;
}

export interface Failure {
  path: string;
  stage: string;
  reason: string;
}

export interface Failures {
  failures: Failure[];
  skipped: Record<string, number>;
}

/** x, y, width, height in pixels of the whole photo, upright. */
export type Box = readonly [number, number, number, number];
/** From, to: years. */
export type AgeRange = readonly [number, number];

export interface Face {
  id: number;
  /** Id of its photo. */
  photo: string;
  box: Box;
  landmarks?: readonly (readonly [number, number])[];
  score: number;
  /** Estimates of a model; absent if the model makes none. */
  age?: AgeRange;
  gender?: { male: number; female: number };
  person: { id: number; name: string | null; hidden: boolean } | null;
  /** A person decided it; Hone does not change it. */
  confirmed: boolean;
}

/** A face with the pixels of its photo, so that it can be cut out of a thumbnail. */
export interface LocatedFace extends Face {
  width: number;
  height: number;
}

export interface SimilarFace extends LocatedFace {
  distance: number;
}

export interface PhotoFaces {
  faces: Face[];
  analyzed: boolean;
  /** The reason why the faces of the photo are not indexed. */
  why?: string;
}

export interface Person {
  id: number;
  name: string | null;
  hidden: boolean;
  faces: number;
  photos: number;
  /** Null when none of their photos has a file now. */
  cover: LocatedFace | null;
  /** Estimated from the cover. */
  age?: AgeRange;
}

export interface PersonDetail extends Person {
  members: LocatedFace[];
}

export interface PeoplePage {
  total: number;
  people: Person[];
  /** All faces of the library. */
  faces: number;
  /** Null: no face model is installed. */
  model: string | null;
}

export interface Question {
  face: LocatedFace;
  person: Person;
  distance: number;
  /** Faces that an answer decides. */
  settles: number;
}

export interface PastEdit {
  id: number;
  at: string;
  what: string;
}

export type PeopleEdit =
  | { action: 'name'; person: number; name: string }
  | { action: 'merge'; people: number[]; name?: string }
  | { action: 'split'; person: number; faces: number[] }
  | { action: 'assign'; faces: number[]; person: number }
  | { action: 'assign'; faces: number[]; name: string }
  | { action: 'reject'; faces: number[]; person: number }
  | { action: 'hide' | 'show'; person: number }
  | { action: 'undo' };

export interface EditDone {
  edit: number;
  what: string;
  person: Person | null;
}

export interface Example {
  id: string;
  width: number;
  height: number;
  color: string;
}

/** A refusal with the server's message, or `away` when no server answered. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly title: string,
    readonly away = false,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** The message of any error for the user. */
export function inWords(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

const root = '/api/v1';
/** Largest page that the contract allows. */
export const maxLimit = 1000;
/** Largest example photo that the contract allows, bytes. */
export const maxExampleBytes = 64 * 1024 * 1024;

async function problem(response: Response): Promise<ApiError> {
  const plain = `The server answered ${response.status}${response.statusText ? ` (${response.statusText})` : ''}.`;
  try {
    const body = (await response.json()) as { title?: unknown; detail?: unknown };
    const title = typeof body.title === 'string' ? body.title : '';
    const detail = typeof body.detail === 'string' ? body.detail : '';
    return new ApiError(detail || title || plain, response.status, title);
  } catch {
    return new ApiError(plain, response.status, '');
  }
}

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(root + path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('Can’t reach Hone.', 0, 'Server away', true);
  }
  // A proxy in front of a stopped server answers for it; for the user that is the same as no answer.
  if ([502, 503, 504].includes(response.status) && !isProblem(response))
    throw new ApiError('Can’t reach Hone.', response.status, 'Server away', true);
  if (!response.ok) throw await problem(response);
  return response;
}

function isProblem(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('json');
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await call(path, init)).json()) as T;
}

function post(body: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  };
}

/** Viewers get no paths: theirs become empty. */
const withPath = <T extends Photo>(photo: T): T => ({ ...photo, path: photo.path ?? '' });
const pageWithPaths = (page: SearchPage): SearchPage => ({
  ...page,
  results: page.results.map((one) => ({ ...withPath(one), group: one.group.map(withPath) })),
});

const at = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});

export const api = {
  session: () => json<Session>('/session'),
  signIn: (name: string, password: string) => json<Session>('/session', post({ name, password })),
  signOut: async (): Promise<void> => void (await call('/session', { method: 'DELETE' })),
  status: (signal?: AbortSignal) => json<Status>('/status', at(signal)),
  search: async (request: SearchRequest, signal?: AbortSignal) =>
    pageWithPaths(await json<SearchPage>('/search', post(request, signal))),
  photos: async (offset: number, limit: number, signal?: AbortSignal) => {
    const page = await json<{ total: number; photos: Photo[] }>(
      `/photos?order=newest&offset=${offset}&limit=${limit}`,
      at(signal),
    );
    return { ...page, photos: page.photos.map(withPath) };
  },
  photo: async (id: string, signal?: AbortSignal) => {
    const detail = withPath(await json<PhotoDetail>(`/photos/${id}`, at(signal)));
    return { ...detail, files: detail.files ?? [] };
  },
  similar: async (id: string, limit: number, signal?: AbortSignal) =>
    pageWithPaths(
      await json<SearchPage>(`/photos/${id}/similar?limit=${limit}&offset=0&space=content`, at(signal)),
    ),
  example: (photo: Blob, signal?: AbortSignal) =>
    json<Example>('/examples', {
      method: 'POST',
      headers: { 'Content-Type': photo.type || 'application/octet-stream' },
      body: photo,
      ...at(signal),
    }),
  addFolder: (path: string) => json<Folder>('/folders', post({ path })),
  removeFolder: async (id: number): Promise<void> =>
    void (await call(`/folders/${id}`, { method: 'DELETE' })),
  scan: async (): Promise<void> => void (await call('/scan', post({}))),
  forgetMissing: (dry_run: boolean) => json<Forgotten>('/forget', post({ missing_days: 0, dry_run })),
  pause: async (): Promise<void> => void (await call('/scan/pause', post({}))),
  resume: async (): Promise<void> => void (await call('/scan/resume', post({}))),
  failures: (signal?: AbortSignal) => json<Failures>('/failures', at(signal)),
  faces: (photo: string, signal?: AbortSignal) => json<PhotoFaces>(`/photos/${photo}/faces`, at(signal)),
  similarFaces: (face: number, limit: number, signal?: AbortSignal) =>
    json<{ results: SimilarFace[] }>(`/faces/${face}/similar?limit=${limit}`, at(signal)),
  people: (
    query: { hidden?: boolean; singles?: boolean; limit: number; offset: number },
    signal?: AbortSignal,
  ) =>
    json<PeoplePage>(
      `/people?hidden=${query.hidden === true}${query.singles ? '&singles=true' : ''}&limit=${query.limit}&offset=${query.offset}`,
      at(signal),
    ),
  person: (id: number, limit: number, offset: number, signal?: AbortSignal) =>
    json<PersonDetail>(`/people/${id}?limit=${limit}&offset=${offset}`, at(signal)),
  questions: (limit: number, signal?: AbortSignal) =>
    json<{ questions: Question[] }>(`/people/questions?limit=${limit}`, at(signal)),
  edits: (signal?: AbortSignal) => json<{ edits: PastEdit[] }>('/people/history', at(signal)),
  editPeople: (edit: PeopleEdit) => json<EditDone>('/people', post(edit)),
};

export type ThumbnailSize = 240 | 480 | 1080;
const sizes: ThumbnailSize[] = [240, 480, 1080];

export const thumbnail = (id: string, size: ThumbnailSize) => `${root}/photos/${id}/thumbnail?size=${size}`;
export const original = (id: string) => `${root}/photos/${id}/original`;

/** The srcset of a photo. The size limits the long side, so the width of a tall photo is smaller. */
export function srcset(photo: Pick<Photo, 'id' | 'width' | 'height'>): string {
  const tall = Math.min(1, photo.width / Math.max(1, photo.height));
  const seen = new Set<number>();
  const parts: string[] = [];
  for (const size of sizes) {
    const width = Math.max(1, Math.min(photo.width, Math.round(size * tall)));
    if (seen.has(width)) continue;
    seen.add(width);
    parts.push(`${thumbnail(photo.id, size)} ${width}w`);
  }
  return parts.join(', ');
}

export interface Listener {
  progress(indexing: Indexing): void;
  photos(photos: Photo[]): void;
  failure(failure: Failure): void;
  scan(): void;
  /** False when the stream broke: the caller then polls. */
  connected(is: boolean): void;
}

/** Listens to the server's events until the returned function is called. Reconnects, slower each time. */
export function listen(listener: Listener): () => void {
  if (typeof EventSource === 'undefined') return () => undefined;
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = 1000;
  let closed = false;

  const data = <T>(event: Event): T => JSON.parse((event as MessageEvent<string>).data) as T;
  const open = () => {
    if (closed) return;
    source = new EventSource(`${root}/events`);
    source.addEventListener('open', () => {
      wait = 1000;
      listener.connected(true);
    });
    source.addEventListener('progress', (event) => listener.progress(data<Indexing>(event)));
    source.addEventListener('photos', (event) =>
      listener.photos(data<{ photos: Photo[] }>(event).photos.map(withPath)),
    );
    source.addEventListener('failure', (event) => listener.failure(data<Failure>(event)));
    source.addEventListener('scan', () => listener.scan());
    source.addEventListener('error', () => {
      source?.close();
      listener.connected(false);
      if (closed) return;
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 15_000);
    });
  };
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
}
