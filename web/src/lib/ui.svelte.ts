// SPDX-License-Identifier: GPL-3.0-or-later
// The preferences of the person at this screen: light or dark, row height, keys. Also notices and announcements for
// screen readers. The browser remembers the preferences; nothing here reaches the server.

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}

const phone = '(max-width: 760px)';

export interface NoticeAction {
  name: string;
  run: () => void;
}

class Ui {
  theme = $state<'light' | 'dark'>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');
  singleKeys = $state(remembered('hone.keys') !== 'off');
  rowHeight = $state(Number(remembered('hone.row')) || 206);
  /** Boxes around the faces of an open photo. */
  faces = $state(remembered('hone.faces') === 'on');
  help = $state(false);
  /** Id of the photo that the panel next to the grid explains; empty for none. */
  why = $state('');
  /** The text of the live region, for screen readers. */
  message = $state('');
  /** Shown for a few seconds. */
  notice = $state('');
  /** The action that the notice offers. */
  action = $state.raw<NoticeAction | null>(null);
  isPhone = $state(false);
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    if (typeof matchMedia === 'undefined') return;
    const query = matchMedia(phone);
    this.isPhone = query.matches;
    query.addEventListener('change', () => (this.isPhone = query.matches));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      if (!remembered('hone.theme')) this.paint(event.matches ? 'dark' : 'light');
    });
  }

  private paint(theme: 'light' | 'dark'): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
  }

  switchTheme(): void {
    this.paint(this.theme === 'dark' ? 'light' : 'dark');
    remember('hone.theme', this.theme);
    this.say(this.theme === 'dark' ? 'Dark mode.' : 'Light mode.');
  }

  setKeys(on: boolean): void {
    this.singleKeys = on;
    remember('hone.keys', on ? 'on' : 'off');
  }

  switchFaces(): void {
    this.faces = !this.faces;
    remember('hone.faces', this.faces ? 'on' : 'off');
    this.say(this.faces ? 'Face boxes shown.' : 'Face boxes hidden.');
  }

  setRowHeight(height: number): void {
    this.rowHeight = height;
    remember('hone.row', String(height));
  }

  /** Announces a text to screen readers only. A zero-width space makes the same text new, so it is read again. */
  say(text: string): void {
    this.message = this.message === text ? `${text}\u200b` : text;
  }

  /** Announces a text and shows it for a few seconds. */
  tell(text: string, action: NoticeAction | null = null): void {
    this.say(text);
    this.notice = text;
    this.action = action;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => this.untell(), action ? 12_000 : 5000);
  }

  untell(): void {
    clearTimeout(this.noticeTimer);
    this.notice = '';
    this.action = null;
  }
}

export const ui = new Ui();

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The context is not secure, for example plain HTTP in a home network.
    const field = document.createElement('textarea');
    field.value = text;
    field.style.position = 'fixed';
    field.style.opacity = '0';
    (document.querySelector('[role=dialog]') ?? document.body).append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

/** Hides an image that failed to load: its mean colour stays instead of the browser's sign for a broken image. */
export function hideBroken(event: Event): void {
  (event.currentTarget as HTMLElement).style.visibility = 'hidden';
}
