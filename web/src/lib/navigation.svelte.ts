// SPDX-License-Identifier: GPL-3.0-or-later
// The address on screen and the history of the browser. It requests nothing: session.ts connects it with the
// stores that do.

import * as rounds from './rounds';
import type { Address, Route, Search } from './rounds';

/** The state in the browser's history besides the address: too long or too private for a link. */
export interface Kept {
  /** For each round k, the ids of photos seen without a mark before it. */
  seen: string[][];
  /** Number of likely photos of each round, if known. */
  likely: (number | null)[];
  scroll: number;
  /** The lightbox was opened from the previous entry, so closing it is a step back. */
  opened: boolean;
}

/** One step from an address to the present one. */
export interface Step {
  before: Address;
  /** Where to scroll; null: stay. */
  scroll: number | null;
  /** The page was opened, or its person has signed in: everything is requested again. */
  fresh: boolean;
}

export const nothingKept = (): Kept => ({ seen: [[]], likely: [], scroll: 0, opened: false });

class Navigation {
  address = $state.raw<Address>({ route: { view: 'home' }, open: '' });
  /** The kept numbers of likely photos. */
  likelyOf = $state.raw<(number | null)[]>([]);

  route = $derived(this.address.route);
  search = $derived(this.address.route.view === 'search' ? this.address.route.search : null);

  /** Not reactive, because it changes with every answer. */
  kept: Kept = nothingKept();
  /** The present entry of the history belongs to a visit of the search box that has not ended. */
  typing = false;
  /** Called after each step. */
  onStep: (step: Step) => void = () => undefined;

  private fresh = true;
  private timer: ReturnType<typeof setTimeout> | undefined;

  start(): () => void {
    history.scrollRestoration = 'manual';
    const read = () => this.readAddress();
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
    // After signing in again, refused requests are repeated.
    this.fresh = true;
    this.readAddress();
    return () => {
      removeEventListener('popstate', read);
      removeEventListener('hashchange', read);
    };
  }

  private readAddress(): void {
    const kept = history.state as Partial<Kept> | null;
    const hash = location.hash;
    if (rounds.toHash(this.address) === hash && !this.fresh) return;
    this.cancel();
    const before = this.address;
    const closing = this.kept.opened;
    this.kept = {
      seen: Array.isArray(kept?.seen) ? kept.seen : [[]],
      likely: Array.isArray(kept?.likely) ? kept.likely : [],
      scroll: typeof kept?.scroll === 'number' ? kept.scroll : 0,
      opened: kept?.opened === true,
    };
    this.likelyOf = this.kept.likely;
    const address = rounds.fromHash(hash);
    const carried = closing && this.closes(before, address);
    // Marks made in the lightbox belong to the list under it, not to the history entry that is gone.
    if (carried) this.write(this.keep(), rounds.toHash({ ...before, open: '' }));
    this.show(carried ? { ...before, open: '' } : address, this.kept.scroll);
  }

  /** Whether the step from one address to another only closes the lightbox. */
  private closes(from: Address, to: Address): boolean {
    if (from.open === '' || to.open !== '' || from.route.view !== 'search' || to.route.view !== 'search')
      return false;
    return rounds.placeKey(from.route.search) === rounds.placeKey(to.route.search);
  }

  private keep(): Kept {
    return { ...this.kept, seen: this.kept.seen.map((ids) => [...ids]), scroll: scrollY };
  }

  /** Goes to an address. `replace` changes the current entry of the history, for steps that need no way back. */
  go(address: Address, replace = false, opened = false): void {
    const hash = rounds.toHash(address);
    if (replace) this.write(this.keep(), hash);
    else {
      this.write(this.keep());
      this.kept = { ...this.kept, opened };
      this.write({ ...this.keep(), scroll: 0 }, hash, true);
    }
    this.show(address, null);
  }

  /** Browsers limit the number and size of writes; a search continues without its entry in the history. */
  private write(kept: Kept, hash?: string, push = false): void {
    try {
      if (push) history.pushState(kept, '', hash);
      else history.replaceState(kept, '', hash);
    } catch {
      // The next write brings the address up to date.
    }
  }

  private show(address: Address, scroll: number | null): void {
    const step = { before: this.address, scroll, fresh: this.fresh };
    this.fresh = false;
    this.address = address;
    this.onStep(step);
  }

  /** Writes what is kept into the present entry of the history. */
  save(): void {
    this.write(this.keep());
  }

  /** Forgets what is kept, for another question; `kept` is what replaces it. */
  forget(kept: Partial<Kept> = {}): void {
    this.kept = { ...nothingKept(), ...kept };
    this.likelyOf = this.kept.likely;
  }

  /** Shows another search in place of the present one, or as a further entry. */
  set(search: Search, push = false): void {
    this.go({ route: { view: 'search', search }, open: this.address.open }, !push);
  }

  // ---- pages ----

  home(): void {
    this.forget();
    this.page({ view: 'home' });
  }

  libraryPage(): void {
    this.page({ view: 'library' });
  }

  jobsPage(): void {
    this.page({ view: 'jobs' });
  }

  peoplePage(): void {
    this.page({ view: 'people' });
  }

  personPage(id: number): void {
    this.page({ view: 'person', id });
  }

  private page(route: Route): void {
    this.endTyping();
    this.go({ route, open: '' });
    scrollTo(0, 0);
  }

  // ---- the search box ----

  /** Runs `action` after a pause, unless something else is asked before. */
  later(milliseconds: number, action: () => void): void {
    this.cancel();
    this.timer = setTimeout(action, milliseconds);
  }

  cancel(): void {
    clearTimeout(this.timer);
  }

  endTyping(): void {
    this.cancel();
    this.typing = false;
  }

  // ---- lightbox ----

  open(id: string): void {
    const already = this.address.open !== '';
    this.go({ route: this.address.route, open: id }, already, true);
  }

  close(): void {
    if (this.address.open === '') return;
    if (this.kept.opened) history.back();
    else this.go({ route: this.address.route, open: '' }, true);
  }
}

export const navigation = new Navigation();
