// Who is at this screen: nobody, a viewer or the owner. The server decides what each may do; here it decides what
// is offered.
import { api, ApiError, inWords, type Session } from './api';

/** Milliseconds until a server that was away is asked again. */
const askAgainAfter = 2000;

class Account {
  session = $state.raw<Session | null>(null);
  /** Why the last try to sign in failed. */
  error = $state('');
  sending = $state(false);
  private again: ReturnType<typeof setTimeout> | undefined;
  /** Whose session is over while the page still holds what they saw. */
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
      // Somebody else must not find what the one before had on screen.
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

  /** Everything that was on screen goes with the session: the page starts anew. */
  async signOut(): Promise<void> {
    await api.signOut();
    location.reload();
  }

  /** A refusal that says that the session is over. What is on screen comes back after signing in. */
  refused(error: unknown): void {
    if (error instanceof ApiError && error.status === 401 && this.session && !this.session.needed) {
      this.left = this.session.name;
      this.session = { needed: true, name: null, role: null, can_sign_out: false };
    }
  }
}

export const account = new Account();
