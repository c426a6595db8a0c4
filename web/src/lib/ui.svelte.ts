// What belongs to the person at this screen, not to a search: light or dark, row height, keys, and what is said
// to a screen reader. Remembered in the browser; nothing here reaches the server.

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
    // Storage switched off: the choice lasts as long as the page.
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
  /** Boxes around the faces of an open picture. */
  faces = $state(remembered('hone.faces') === 'on');
  help = $state(false);
  /** Picture that the panel beside the grid explains; empty for none. */
  why = $state('');
  /** Heard by screen readers, and shown for a moment when it reports something the user must know. */
  message = $state('');
  notice = $state('');
  /** What can be done about the notice while it is shown. */
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
    this.say(this.theme === 'dark' ? 'Dark.' : 'Light.');
  }

  setKeys(on: boolean): void {
    this.singleKeys = on;
    remember('hone.keys', on ? 'on' : 'off');
  }

  switchFaces(): void {
    this.faces = !this.faces;
    remember('hone.faces', this.faces ? 'on' : 'off');
    this.say(this.faces ? 'Faces are marked.' : 'Faces are not marked.');
  }

  setRowHeight(height: number): void {
    this.rowHeight = height;
    remember('hone.row', String(height));
  }

  /** To the live region only. The same sentence twice is heard twice: a zero-width mark makes it new. */
  say(text: string): void {
    this.message = this.message === text ? `${text}\u200b` : text;
  }

  /** Said, and shown for a few seconds. */
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
    // Not a secure context, for example over plain HTTP in the home network.
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

/** A thumbnail that fails leaves its mean colour, not the browser's torn picture. */
export function hideBroken(event: Event): void {
  (event.currentTarget as HTMLElement).style.visibility = 'hidden';
}
