// SPDX-License-Identifier: GPL-3.0-or-later
// The typed HTTP interface of a Hone server (docs/http.md). This file has no state. Reading calls take an AbortSignal,
// so that the next key press can cancel a search. The types come from docs/openapi.yaml: `npm run types` writes
// openapi.d.ts.

import type { components } from './openapi';

type Schemas = components['schemas'];

export type Session = Schemas['Session'];
/** `path` is empty for a viewer: viewers do not see paths. */
type WithPath<T> = Omit<T, 'path'> & { path: string };
export type Photo = WithPath<Schemas['Photo']>;
export type Metadata = Schemas['Metadata'];
export type PhotoFile = Schemas['PhotoFile'];
/** `files` is empty for a viewer. */
export type PhotoDetail = WithPath<Schemas['PhotoDetails']> & { files: PhotoFile[] };
export type TakenFrom = NonNullable<PhotoDetail['taken_from']>;

export type Method = Schemas['Method'];
export type Facet = Schemas['FacetName'];
export type Show = Schemas['Show'];
export type Reason = Schemas['Reason'];
export type Result = WithPath<Omit<Schemas['Result'], 'group'>> & { group: Photo[] };
export type SearchRequest = Schemas['SearchQuery'];
export type Histogram = Schemas['Histogram'];
export type FacetState = Schemas['FacetState'];
export type StyleTerm = Schemas['StyleTerm'];
export type SearchPage = Omit<Schemas['SearchPage'], 'results'> & { results: Result[] };
export type Example = Schemas['Example'];

/** `path` is empty for a viewer. */
export type Folder = WithPath<Schemas['Folder']>;
export type Indexing = Schemas['Progress'];
export type Job = Schemas['JobProgress'];
export type Model = Schemas['Model'];
export type Models = Schemas['Models'];
export type Missing = Schemas['Missing'];
export type Forgotten = Schemas['Forgotten'];
export type Status = Omit<Schemas['Status'], 'folders'> & { folders: Folder[] };
export type Failure = Schemas['Failure'];
export type Failures = Schemas['Failures'];

export type Box = Schemas['Box'];
export type AgeRange = Schemas['AgeRange'];
export type Face = Schemas['Face'];
export type LocatedFace = Schemas['LocatedFace'];
export type SimilarFace = Schemas['SimilarFace'];
export type PhotoFaces = Schemas['Faces'];
export type Person = Schemas['Person'];
export type PersonDetail = Schemas['PersonPage'];
export type PeoplePage = Schemas['PeopleList'];
export type Question = Schemas['Question'];
export type PastEdit = Schemas['PastEdit'];
export type EditDone = Schemas['PeopleEdit'];
/** An edit of people, with the fields that its action needs; the interface describes all of them in one schema. */
export type PeopleEdit = Schemas['PeopleEditRequest'] &
  (
    | { action: 'name'; person: number; name: string }
    | { action: 'merge'; people: number[]; name?: string }
    | { action: 'split'; person: number; faces: number[] }
    | { action: 'assign'; faces: number[]; person: number }
    | { action: 'assign'; faces: number[]; name: string }
    | { action: 'reject'; faces: number[]; person: number }
    | { action: 'hide' | 'show'; person: number }
    | { action: 'undo' }
  );

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
const withPath = <T extends { path?: string }>(one: T): WithPath<T> => ({ ...one, path: one.path ?? '' });
const pageWithPaths = (page: Schemas['SearchPage']): SearchPage => ({
  ...page,
  results: page.results.map((one) => ({ ...withPath(one), group: one.group.map(withPath) })),
});

const at = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});

export const api = {
  session: () => json<Session>('/session'),
  signIn: (name: string, password: string) => json<Session>('/session', post({ name, password })),
  signOut: async (): Promise<void> => void (await call('/session', { method: 'DELETE' })),
  status: async (signal?: AbortSignal): Promise<Status> => {
    const status = await json<Schemas['Status']>('/status', at(signal));
    return { ...status, folders: status.folders.map(withPath) };
  },
  search: async (request: SearchRequest, signal?: AbortSignal) =>
    pageWithPaths(await json<Schemas['SearchPage']>('/search', post(request, signal))),
  photos: async (offset: number, limit: number, signal?: AbortSignal) => {
    const page = await json<Schemas['PhotoList']>(
      `/photos?order=newest&offset=${offset}&limit=${limit}`,
      at(signal),
    );
    return { ...page, photos: page.photos.map(withPath) };
  },
  photo: async (id: string, signal?: AbortSignal): Promise<PhotoDetail> => {
    const detail = withPath(await json<Schemas['PhotoDetails']>(`/photos/${id}`, at(signal)));
    return { ...detail, files: detail.files ?? [] };
  },
  similar: async (id: string, limit: number, signal?: AbortSignal) =>
    pageWithPaths(
      await json<Schemas['SearchPage']>(
        `/photos/${id}/similar?limit=${limit}&offset=0&space=content`,
        at(signal),
      ),
    ),
  example: (photo: Blob, signal?: AbortSignal) =>
    json<Example>('/examples', {
      method: 'POST',
      headers: { 'Content-Type': photo.type || 'application/octet-stream' },
      body: photo,
      ...at(signal),
    }),
  addFolder: async (path: string): Promise<Folder> =>
    withPath(await json<Schemas['Folder']>('/folders', post({ path }))),
  removeFolder: async (id: number): Promise<void> =>
    void (await call(`/folders/${id}`, { method: 'DELETE' })),
  /** job: include what this one failed on. */
  scan: async (job?: string): Promise<void> => void (await call('/scan', post({ job }))),
  forgetMissing: (dry_run: boolean) => json<Forgotten>('/forget', post({ missing_days: 0, dry_run })),
  /** job: only this one. */
  pause: async (job?: string): Promise<void> => void (await call('/scan/pause', post({ job }))),
  resume: async (job?: string): Promise<void> => void (await call('/scan/resume', post({ job }))),
  models: (signal?: AbortSignal) => json<Models>('/models', at(signal)),
  useModel: (name: string) => json<Models>('/models/use', post({ name })),
  /** precision: that of the model's files by default. */
  getModel: (source: string, precision?: string) =>
    json<Models>('/models/download', post({ source, precision })),
  pauseModel: () => json<Models>('/models/download/pause', post({})),
  resumeModel: () => json<Models>('/models/download/resume', post({})),
  cancelModel: () => json<Models>('/models/download/cancel', post({})),
  removeModel: async (name: string): Promise<void> =>
    void (await call(`/models/${encodeURIComponent(name)}`, { method: 'DELETE' })),
  failures: (signal?: AbortSignal) => json<Failures>('/failures', at(signal)),
  faces: (photo: string, signal?: AbortSignal) => json<PhotoFaces>(`/photos/${photo}/faces`, at(signal)),
  similarFaces: (face: number, limit: number, signal?: AbortSignal) =>
    json<Schemas['SimilarFaces']>(`/faces/${face}/similar?limit=${limit}`, at(signal)),
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
    json<Schemas['PeopleQuestions']>(`/people/questions?limit=${limit}`, at(signal)),
  edits: (signal?: AbortSignal) => json<Schemas['PeopleHistory']>('/people/history', at(signal)),
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
      listener.photos(data<Schemas['PhotosAdded']>(event).photos.map(withPath)),
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
