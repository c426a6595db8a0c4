// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the account: signing in and out, and the end of a session.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { account } from '../src/lib/account.svelte';
import { api, ApiError } from '../src/lib/api';
import { library } from '../src/lib/library.svelte';

const signedOut = { needed: true, name: null, role: null, can_sign_out: false };
const viewer = { needed: false, name: 'Vera', role: 'viewer', can_sign_out: true };

let answers: { status: number; body: unknown }[];
let sent: { url: string; method: string; body: unknown }[];

beforeEach(() => {
  sent = [];
  account.session = null;
  account.error = '';
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    sent.push({
      url,
      method: init.method ?? 'GET',
      body: init.body ? JSON.parse(init.body as string) : null,
    });
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    return new Response(JSON.stringify(body), { status });
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('account', () => {
  it('asks for the session, and signs in', async () => {
    answers = [
      { status: 200, body: signedOut },
      { status: 200, body: viewer },
    ];
    await account.start();
    expect(account.signInNeeded).toBe(true);
    expect(account.owner).toBe(false);
    expect(await account.signIn('vera', 'a long password')).toBe(true);
    expect(sent.at(-1)).toEqual({
      url: '/api/v1/session',
      method: 'POST',
      body: { name: 'vera', password: 'a long password' },
    });
    expect(account.signInNeeded).toBe(false);
    expect(account.name).toBe('Vera');
    expect(account.owner).toBe(false);
  });

  it('shows the reason of a refusal, and stays signed out', async () => {
    answers = [
      { status: 200, body: signedOut },
      { status: 401, body: { title: 'Unauthorized', detail: 'Wrong name or password.' } },
    ];
    await account.start();
    expect(await account.signIn('vera', 'no')).toBe(false);
    expect(account.error).toBe('Wrong name or password.');
    expect(account.signInNeeded).toBe(true);
  });

  it('shows the sign-in page again when a call finds the session over', async () => {
    answers = [{ status: 200, body: viewer }];
    await account.start();
    library.lost(new ApiError('Forbidden.', 403, 'Forbidden'));
    expect(account.signInNeeded).toBe(false);
    library.lost(new ApiError('Sign in first.', 401, 'Unauthorized'));
    expect(account.signInNeeded).toBe(true);
  });

  it('reloads the page for another user, who must not see these photos', async () => {
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    const ada = { ...viewer, name: 'Ada', role: 'owner' };
    answers = [ada, viewer, viewer].map((body) => ({ status: 200, body }));
    await account.start();
    library.lost(new ApiError('Sign in first.', 401, 'Unauthorized'));
    await account.signIn('vera', 'a long password');
    expect(reload).toHaveBeenCalledOnce();
    account.session = viewer as typeof account.session;
    library.lost(new ApiError('Sign in first.', 401, 'Unauthorized'));
    await account.signIn('vera', 'a long password');
    expect(reload).toHaveBeenCalledOnce();
    expect(account.signInNeeded).toBe(false);
  });
});

describe('photos without a path', () => {
  it('have an empty one', async () => {
    answers = [
      { status: 200, body: { total: 1, photos: [{ id: 'a' }] } },
      { status: 200, body: { results: [{ id: 'a', group: [{ id: 'b' }] }] } },
      { status: 200, body: { id: 'a' } },
    ];
    expect((await api.photos(0, 1)).photos[0]?.path).toBe('');
    const page = await api.search({ text: 'x' });
    expect(page.results[0]?.path).toBe('');
    expect(page.results[0]?.group[0]?.path).toBe('');
    expect((await api.photo('a')).files).toEqual([]);
  });
});
