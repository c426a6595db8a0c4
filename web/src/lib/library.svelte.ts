// SPDX-License-Identifier: GPL-3.0-or-later
// The state of the library: folders, indexed photos, the model, progress. The server's events keep it current; while
// they do not arrive, it asks every two seconds.

import {
  api,
  ApiError,
  inWords,
  isAbort,
  listen,
  type Failures,
  type Folder,
  type Indexing,
  type Job,
  type Photo,
  type Status,
} from './api';
import { account } from './account.svelte';
import { sharePercent } from './text';
import { ui } from './ui.svelte';

/** Photos kept for "Just indexed" and for the start screen. */
const recentKept = 240;
/** Milliseconds. */
const pollEvery = 2000;
/** Milliseconds between changes of "Just indexed": more often would flicker. */
const flushEvery = 1000;
/** Pixels. */
const scrolledAway = 300;

class Library {
  status = $state.raw<Status | null>(null);
  /** The server does not answer. The page keeps its content. */
  away = $state(false);
  /** Newest first. */
  recent = $state.raw<Photo[]>([]);
  /** Grows whenever `recent` is another list, so that a grid lays it out again. */
  recentVersion = $state(0);

  private events = false;
  private asking = false;
  private askAgain = false;
  private lastAsked = 0;
  private announced = -1;
  private waiting: Photo[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private stop: (() => void) | null = null;

  busy = $derived(this.status !== null && this.status.indexing.state !== 'idle');
  firstRun = $derived(this.status !== null && this.status.folders.length === 0);
  noModel = $derived(this.status !== null && this.status.model === null);

  start(): () => void {
    void this.refresh(true);
    this.stop = listen({
      progress: (indexing) => this.progressed(indexing),
      photos: (photos) => this.arrived(photos),
      failure: () => undefined,
      scan: () => void this.refresh(true),
      connected: (is) => {
        this.events = is;
        if (is) void this.refresh(false);
      },
    });
    const timer = setInterval(() => {
      // Events do not carry all counts, so an occasional request corrects those. Events do not report the state of
      // the catalogue's server.
      const often = !this.events || this.busy || this.status?.catalog !== undefined;
      const due = often ? pollEvery : 60_000;
      if (document.visibilityState === 'visible' && Date.now() - this.lastAsked >= due)
        void this.refresh(!this.events && this.busy);
    }, 500);
    return () => {
      clearInterval(timer);
      this.stop?.();
    };
  }

  /** Asks for the status, and for the newest photos when they may have changed. */
  async refresh(withPhotos: boolean): Promise<void> {
    if (this.asking) {
      this.askAgain ||= withPhotos;
      return;
    }
    this.asking = true;
    this.lastAsked = Date.now();
    try {
      const status = await api.status();
      const more = status.photos !== this.status?.photos || status.searchable !== this.status.searchable;
      this.status = status;
      this.found();
      if (withPhotos || (more && !this.events) || (this.recent.length === 0 && status.photos > 0)) {
        const page = await api.photos(0, recentKept);
        this.waiting = [];
        this.recent = page.photos;
        this.recentVersion++;
      }
    } catch (error) {
      this.lost(error);
    } finally {
      this.asking = false;
      if (this.askAgain) {
        this.askAgain = false;
        void this.refresh(true);
      }
    }
  }

  /** Every part whose request failed reports the error here. */
  lost(error: unknown): void {
    account.refused(error);
    if (isAbort(error) || !(error instanceof ApiError) || !error.away) return;
    if (!this.away) ui.say('Can’t reach Hone. This page stays as it is.');
    this.away = true;
  }

  found(): void {
    if (this.away) ui.say('Connected to Hone again.');
    this.away = false;
  }

  private progressed(indexing: Indexing): void {
    if (!this.status) return;
    this.found();
    const was = this.status.indexing.state;
    this.status = { ...this.status, indexing };
    // Announced at most once per tenth, so that other announcements are heard.
    const tenth = Math.floor(indexing.share * 10);
    if (indexing.state === 'running' && tenth !== this.announced && tenth > 0) {
      this.announced = tenth;
      ui.say(`Indexing: ${sharePercent(indexing.share)} percent.`);
    }
    if (was !== 'idle' && indexing.state === 'idle') {
      this.announced = -1;
      ui.say('All photos are indexed.');
      void this.refresh(true);
    }
  }

  private arrived(photos: Photo[]): void {
    this.waiting.push(...photos);
    this.flushing ??= setTimeout(() => this.flush(), flushEvery);
  }

  /** Shows new photos in batches, and never while the user has scrolled into the older ones. */
  private flush(): void {
    this.flushing = undefined;
    if (this.waiting.length === 0) return;
    if (scrollY > scrolledAway) {
      this.flushing = setTimeout(() => this.flush(), flushEvery);
      return;
    }
    const fresh = this.waiting.splice(0).reverse();
    const ids = new Set(fresh.map((photo) => photo.id));
    this.recent = [...fresh, ...this.recent.filter((photo) => !ids.has(photo.id))].slice(0, recentKept);
    this.recentVersion++;
  }

  // Actions. Each throws the server's refusal, so that the form that asked can show it in place.

  async addFolder(path: string): Promise<Folder> {
    const folder = await this.act(() => api.addFolder(path));
    await this.refresh(true);
    return folder;
  }

  async removeFolder(folder: Folder): Promise<void> {
    await this.act(() => api.removeFolder(folder.id));
    await this.refresh(true);
  }

  /** Returns the number of forgotten photos. */
  async forgetMissing(): Promise<number> {
    const done = await this.act(() => api.forgetMissing(false));
    await this.refresh(true);
    return done.photos;
  }

  /** Asks for the files that failed; returns a function that ends the question. */
  askFailures(receive: (found: Failures) => void): () => void {
    const stop = new AbortController();
    api
      .failures(stop.signal)
      .then(receive)
      .catch((error: unknown) => this.lost(error));
    return () => stop.abort();
  }

  /** Does what a button is for, and tells `done` or the reason why not. */
  async tried(action: () => Promise<void>, done: string): Promise<void> {
    try {
      await action();
      ui.tell(done);
    } catch (error) {
      ui.tell(inWords(error));
    }
  }

  /** job: include what this one failed on. */
  async scan(job?: string): Promise<void> {
    await this.act(() => api.scan(job));
    await this.refresh(false);
  }

  /** All jobs, or one. */
  async pauseOrResume(job?: Job): Promise<void> {
    const paused = (job ?? this.status?.indexing)?.state === 'paused';
    await this.act(() => (paused ? api.resume(job?.name) : api.pause(job?.name)));
    await this.refresh(false);
  }

  private async act<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      this.lost(error);
      throw error;
    }
  }
}

export const library = new Library();
