// SPDX-License-Identifier: GPL-3.0-or-later
// The account at this screen: none, a viewer or the owner. The server decides the rights of each; the client only
// offers the matching functions.
import { api, ApiError, inWords, type Session } from './api';

/** Milliseconds until the next request to a server that did not answer. */
const askAgainAfter = 2000;

class Account {
  session = $state.raw<Session | null>(null);
  /** The reason why the last attempt to sign in failed. */
  error = $state('');
  sending = $state(false);
  private again: ReturnType<typeof setTimeout> | undefined;
  /** Name of the user whose session ended while the page still shows their photos. */
  private left: string | null = null;

  known = $derived(this.session !== null);
  signInNeeded = $derived(this.session?.needed === true);
  owner = $derived(this.session?.role === 'owner');
  name = $derived(this.session?.name ?? null);

  async start(): Promise<void> {
    clearTimeout(this.again);
    try {
      this.session = await api.session();
    } catch {
      this.again = setTimeout(() => void this.start(), askAgainAfter);
    }
  }

  async signIn(name: string, password: string): Promise<boolean> {
    if (this.sending) return false;
    this.sending = true;
    this.error = '';
    try {
      const session = await api.signIn(name, password);
      // Another user must not see the photos of the previous one.
      if (this.left !== null && this.left !== session.name) location.reload();
      else this.session = session;
      this.left = null;
      return true;
    } catch (refused) {
      this.error = inWords(refused);
      return false;
    } finally {
      this.sending = false;
    }
  }

  /** Ends the session and reloads the page, which discards its content. */
  async signOut(): Promise<void> {
    await api.signOut();
    location.reload();
  }

  /** Handles a refusal because the session is over. The page returns to its content after signing in. */
  refused(error: unknown): void {
    if (error instanceof ApiError && error.status === 401 && this.session && !this.session.needed) {
      this.left = this.session.name;
      this.session = { needed: true, name: null, role: null, can_sign_out: false };
    }
  }
}

export const account = new Account();
