// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the HTTP interface: errors, requests, and the sizes of thumbnails.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, ApiError, inWords, isAbort, srcset } from '../src/lib/api';

const answer = (status: number, body: string, type: string) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(new Response(body, { status, headers: { 'Content-Type': type } }))),
  );
const refusal = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => null,
    (refused: unknown) => refused,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

afterEach(() => vi.unstubAllGlobals());

describe('forgetting', () => {
  it('asks before it forgets all missing photos', async () => {
    for (const dry of [true, false]) {
      answer(200, `{"photos":3,"names":["a.jpg"],"forgotten":${!dry}}`, 'application/json');
      expect(await api.forgetMissing(dry)).toEqual({ photos: 3, names: ['a.jpg'], forgotten: !dry });
      const [url, sent] = vi.mocked(fetch).mock.calls[0]!;
      expect(url).toBe('/api/v1/forget');
      expect(sent?.method).toBe('POST');
      expect(JSON.parse(sent?.body as string)).toEqual({ missing_days: 0, dry_run: dry });
    }
  });
});

describe('errors', () => {
  it('shows the message of the server', async () => {
    answer(
      400,
      '{"type":"about:blank","title":"No such folder","status":400,"detail":"/x does not exist."}',
      'application/problem+json',
    );
    const error = await refusal(api.addFolder('/x'));
    expect(error.message).toBe('/x does not exist.');
    expect(error.title).toBe('No such folder');
    expect(error.status).toBe(400);
    expect(error.away).toBe(false);
  });

  it('falls back to the title, then to the status', async () => {
    answer(404, '{"title":"Not found"}', 'application/problem+json');
    expect(inWords(await refusal(api.status()))).toBe('Not found');
    answer(500, '<h1>no</h1>', 'text/html');
    expect(inWords(await refusal(api.status()))).toBe('The server answered 500.');
  });

  it('distinguishes an offline server from a refusal', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.reject(new TypeError('Failed to fetch'))),
    );
    expect((await refusal(api.status())).away).toBe(true);
    answer(502, 'bad gateway', 'text/plain');
    expect((await refusal(api.status())).away).toBe(true);
    answer(503, '{"title":"No model"}', 'application/problem+json');
    expect((await refusal(api.status())).away).toBe(false);
  });

  it('passes on an abort as an abort', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.reject(new DOMException('aborted', 'AbortError'))),
    );
    await expect(api.status()).rejects.toSatisfy(isAbort);
  });
});

describe('requests', () => {
  it('sends a search as JSON with its signal', async () => {
    answer(200, '{"results":[]}', 'application/json');
    const stop = new AbortController();
    await api.search({ text: 'dog', limit: 10 }, stop.signal);
    const [url, init] = vi.mocked(fetch).mock.calls[0]!;
    expect(url).toBe('/api/v1/search');
    expect(init).toMatchObject({ method: 'POST', body: '{"text":"dog","limit":10}', signal: stop.signal });
  });

  it('accepts 204 as success', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.resolve(new Response(null, { status: 204 }))),
    );
    await expect(api.removeFolder(3)).resolves.toBeUndefined();
  });
});

describe('people', () => {
  it('sends the parameters of the contract', async () => {
    answer(200, '{}', 'application/json');
    await api.people({ limit: 200, offset: 0 });
    await api.people({ hidden: true, singles: true, limit: 10, offset: 20 });
    await api.person(3, 200, 400);
    await api.similarFaces(12, 24);
    await api.faces('abc');
    await api.editPeople({ action: 'reject', faces: [12], person: 3 });
    const calls = vi.mocked(fetch).mock.calls;
    expect(calls.map(([url]) => String(url).slice('/api/v1'.length))).toEqual([
      '/people?hidden=false&limit=200&offset=0',
      '/people?hidden=true&singles=true&limit=10&offset=20',
      '/people/3?limit=200&offset=400',
      '/faces/12/similar?limit=24',
      '/photos/abc/faces',
      '/people',
    ]);
    expect(calls.at(-1)![1]).toMatchObject({
      method: 'POST',
      body: '{"action":"reject","faces":[12],"person":3}',
    });
  });
});

describe('srcset', () => {
  it('has widths, not long sides', () => {
    expect(srcset({ id: 'x', width: 3000, height: 2000 })).toContain('size=1080 1080w');
    expect(srcset({ id: 'x', width: 2000, height: 4000 })).toContain('size=1080 540w');
  });

  it('never names a width above the photo’s', () => {
    const set = srcset({ id: 'x', width: 300, height: 200 });
    expect(set.split(', ')).toHaveLength(2);
    expect(set).toMatch(/size=480 300w$/);
  });
});
