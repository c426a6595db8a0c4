// What the server knows and does: folders, pictures read so far, the model, progress. Kept current by the server's
// events, and by asking every two seconds while those do not come through.

import { api, ApiError, isAbort, listen, type Folder, type Indexing, type Photo, type Status } from './api';
import { account } from './account.svelte';
import { count, pictures } from './text';
import { ui } from './ui.svelte';

/** Pictures kept for "Just read" and for the start screen. */
const recentKept = 240;
/** Milliseconds. */
const pollEvery = 2000;
/** Milliseconds between changes of "Just read": more often it is a flicker, not news. */
const flushEvery = 1000;
/** Pixels. */
const scrolledAway = 300;

class Library {
  status = $state.raw<Status | null>(null);
  /** The server does not answer. What is on screen stays. */
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
      // While events flow, asking now and then only corrects the counts that events do not carry. They do not tell
      // of the catalogue's server.
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

  /** Asks for the status, and for the newest pictures when they may have changed. */
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

  /** Any part that talked to the server without success reports here. */
  lost(error: unknown): void {
    account.refused(error);
    if (isAbort(error) || !(error instanceof ApiError) || !error.away) return;
    if (!this.away) ui.say('Hone does not answer. What is on screen stays.');
    this.away = true;
  }

  found(): void {
    if (this.away) ui.say('Hone answers again.');
    this.away = false;
  }

  private progressed(indexing: Indexing): void {
    if (!this.status) return;
    this.found();
    const was = this.status.indexing.state;
    this.status = { ...this.status, indexing };
    // Announced each tenth at most: a screen reader must not be talked over.
    const tenth = indexing.total > 0 ? Math.floor((indexing.done / indexing.total) * 10) : 0;
    if (indexing.state === 'running' && tenth !== this.announced && tenth > 0) {
      this.announced = tenth;
      ui.say(`${count(indexing.done)} of ${pictures(indexing.total)} read.`);
    }
    if (was !== 'idle' && indexing.state === 'idle') {
      this.announced = -1;
      ui.say('All pictures are read.');
      void this.refresh(true);
    }
  }

  private arrived(photos: Photo[]): void {
    this.waiting.push(...photos);
    this.flushing ??= setTimeout(() => this.flush(), flushEvery);
  }

  /** New pictures come in batches, and never while the user has scrolled into the older ones. */
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

  // Actions. Each throws what the server said, so that the form that asked can show it in place.

  async addFolder(path: string): Promise<Folder> {
    const folder = await this.act(() => api.addFolder(path));
    await this.refresh(true);
    return folder;
  }

  async removeFolder(folder: Folder): Promise<void> {
    await this.act(() => api.removeFolder(folder.id));
    await this.refresh(true);
  }

  async scan(): Promise<void> {
    await this.act(() => api.scan());
    await this.refresh(false);
  }

  async pauseOrGoOn(): Promise<void> {
    const paused = this.status?.indexing.state === 'paused';
    await this.act(() => (paused ? api.resume() : api.pause()));
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
