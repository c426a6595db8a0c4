// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of the people store: list, edits, undo and questions.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeopleEdit, Person } from '../src/lib/api';
import { people } from '../src/lib/people.svelte';
import { ui } from '../src/lib/ui.svelte';

const person = (id: number, name: string | null): Person => ({
  id,
  name,
  hidden: false,
  faces: 3,
  photos: 2,
  cover: {
    id: 100 + id,
    photo: 'a',
    box: [0, 0, 10, 10],
    score: 0.9,
    person: { id, name, hidden: false },
    confirmed: false,
    width: 100,
    height: 100,
  },
});
const question = (face: number) => ({
  face: { ...person(1, null).cover, id: face },
  person: person(3, 'Anna'),
  distance: 0.49,
  settles: 2,
});

let edits: PeopleEdit[];
let asked: string[];
let refuse: { status: number; detail: string } | null;

beforeEach(() => {
  edits = [];
  asked = [];
  refuse = null;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push(url.slice('/api/v1'.length));
    if (init.method === 'POST') {
      if (refuse)
        return new Response(JSON.stringify({ title: 'Refused', ...refuse }), { status: refuse.status });
      edits.push(JSON.parse(init.body as string) as PeopleEdit);
      return new Response(JSON.stringify({ edit: edits.length, what: 'did it', person: null }));
    }
    if (url.includes('/questions'))
      return new Response(JSON.stringify({ questions: [question(1), question(2), question(3)] }));
    if (url.includes('/history')) return new Response(JSON.stringify({ edits: [] }));
    const list = [person(3, 'Anna'), person(4, 'Ben'), person(9, null)];
    return new Response(JSON.stringify({ total: 5, people: list, faces: 40, model: null }));
  });
});
afterEach(() => vi.unstubAllGlobals());

const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('people', () => {
  it('lists people with the chosen options, and keeps the names for the fields', async () => {
    await people.load();
    await people.loadNames();
    expect(people.list).toHaveLength(3);
    expect(people.model).toBeNull();
    expect(people.named.map((one) => one.name)).toEqual(['Anna', 'Ben']);
    expect(asked[0]).toBe('/people?hidden=false&limit=200&offset=0');
    people.show({ hidden: true, singles: true });
    await settled();
    expect(asked.at(-1)).toBe('/people?hidden=true&singles=true&limit=200&offset=0');
    people.show({ hidden: false, singles: false });
    await settled();
  });

  it('shows the result of a change, loads again, and offers to undo it', async () => {
    const version = people.version;
    expect(await people.merge([person(9, null), person(3, 'Anna')])).toMatchObject({ edit: 1 });
    expect(edits).toEqual([{ action: 'merge', people: [3, 9] }]);
    expect(ui.notice).toBe('Did it.');
    expect(people.version).toBe(version + 1);
    expect(people.fresh).toBe(true);
    expect(ui.action?.name).toBe('Undo');
    ui.action?.run();
    await settled();
    expect(edits.at(-1)).toEqual({ action: 'undo' });
    expect(people.fresh).toBe(false);
    expect(ui.action).toBeNull();
  });

  it('shows a refusal, and offers a merge when another person has the name', async () => {
    await people.loadNames();
    refuse = { status: 404, detail: 'No person has the number 77.' };
    expect(await people.edit({ action: 'hide', person: 77 })).toBeNull();
    expect(ui.notice).toBe('No person has the number 77.');
    refuse = { status: 409, detail: 'Another person is named Ben.' };
    expect(await people.name({ id: 3, name: 'Anna' }, 'Ben')).toBeNull();
    await settled();
    expect(ui.notice).toBe('Another person is named Ben.');
    refuse = null;
    ui.action?.run();
    await settled();
    expect(edits).toEqual([{ action: 'merge', people: [3, 4], name: 'Ben' }]);
  });

  it('ignores an empty or unchanged name', async () => {
    expect(await people.name({ id: 3, name: 'Anna' }, 'Anna')).toBeNull();
    expect(await people.name({ id: 9, name: null }, '  ')).toBeNull();
    expect(edits).toEqual([]);
  });

  it('asks one question at a time; a skipped one does not return', async () => {
    await people.loadQuestions();
    expect(people.question?.face.id).toBe(1);
    people.skip();
    expect(people.question?.face.id).toBe(2);
    await Promise.all([people.answer(true), people.answer(true)]);
    expect(edits, 'a second press during the first has no effect').toEqual([
      { action: 'assign', faces: [2], person: 3 },
    ]);
    await people.loadQuestions();
    expect(people.questions.map((one) => one.face.id)).toEqual([2, 3]);
    await people.answer(false);
    expect(edits.at(-1)).toEqual({ action: 'reject', faces: [2], person: 3 });
  });
});
