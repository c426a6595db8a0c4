// SPDX-License-Identifier: GPL-3.0-or-later
// The state of the people screens: the list, the questions, the history, and every change to people. A change is
// one edit on the server, so each can be undone; the screens ask for their content again after it.
import {
  api,
  ApiError,
  inWords,
  isAbort,
  maxLimit,
  type EditDone,
  type PastEdit,
  type PeopleEdit,
  type Person,
  type Question,
} from './api';
import { library } from './library.svelte';
import { mergeEdit, namingEdit, personNamed } from './people';
import { sentence } from './text';
import { ui } from './ui.svelte';

const pageSize = 200;
const questionsAsked = 20;

class People {
  list = $state.raw<Person[]>([]);
  total = $state(0);
  /** All faces of the library. */
  faces = $state(0);
  /** Null: no face model is installed. Undefined: not known yet. */
  model = $state<string | null | undefined>(undefined);
  loading = $state(false);
  /** The server returned the list at least once. */
  listed = $state(false);
  error = $state('');
  /** The list includes hidden people, and people seen only once. */
  hidden = $state(false);
  singles = $state(false);
  /** All named people: the suggestions of a name field. */
  named = $state.raw<Person[]>([]);
  questions = $state.raw<Question[]>([]);
  edits = $state.raw<PastEdit[]>([]);
  /** Grows with each change: components that show faces then load again. */
  version = $state(0);
  busy = $state(false);
  /** The last action was a change to people, so an undo reverts that change. */
  fresh = $state(false);

  private readonly later = new Set<number>();
  private running: AbortController | null = null;

  question = $derived(this.questions[0] ?? null);

  /** Loads the list from its start, with at least as many people as before. */
  async load(): Promise<void> {
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.loading = true;
    try {
      const limit = Math.min(maxLimit, Math.max(pageSize, this.list.length));
      const page = await api.people(
        { hidden: this.hidden, singles: this.singles, limit, offset: 0 },
        running.signal,
      );
      if (running.signal.aborted) return;
      this.list = page.people;
      this.total = page.total;
      this.faces = page.faces;
      this.model = page.model;
      this.error = '';
      this.listed = true;
      library.found();
    } catch (error) {
      if (isAbort(error)) return;
      library.lost(error);
      this.error = inWords(error);
    } finally {
      if (this.running === running) this.loading = false;
    }
  }

  async more(): Promise<void> {
    if (this.loading || this.list.length >= this.total) return;
    this.loading = true;
    try {
      const offset = this.list.length;
      const page = await api.people({
        hidden: this.hidden,
        singles: this.singles,
        limit: pageSize,
        offset,
      });
      const have = new Set(this.list.map((person) => person.id));
      this.list = this.list.concat(page.people.filter((person) => !have.has(person.id)));
      this.total = page.total;
    } catch (error) {
      library.lost(error);
      ui.tell(inWords(error));
    } finally {
      this.loading = false;
    }
  }

  show(part: { hidden?: boolean; singles?: boolean }): void {
    this.hidden = part.hidden ?? this.hidden;
    this.singles = part.singles ?? this.singles;
    void this.load();
  }

  async loadNames(): Promise<void> {
    try {
      // Named people come first: one page holds all of them, except in a library with more than a thousand names.
      const page = await api.people({ limit: maxLimit, offset: 0 });
      this.named = page.people.filter((person) => person.name !== null);
      this.model = page.model;
    } catch (error) {
      library.lost(error);
    }
  }

  async loadQuestions(): Promise<void> {
    try {
      const { questions } = await api.questions(questionsAsked);
      this.questions = questions.filter((question) => !this.later.has(question.face.id));
    } catch (error) {
      library.lost(error);
      this.questions = [];
    }
  }

  async loadHistory(): Promise<void> {
    try {
      this.edits = (await api.edits()).edits;
    } catch (error) {
      library.lost(error);
    }
  }

  private refresh(): void {
    this.version++;
    if (this.listed) {
      void this.load();
      void this.loadQuestions();
      void this.loadHistory();
    }
    void this.loadNames();
  }

  /** Makes one change and shows its result with a button to undo it. Shows a refusal too, and returns null. */
  async edit(edit: PeopleEdit, refused?: (error: ApiError) => boolean): Promise<EditDone | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      const done = await api.editPeople(edit);
      this.fresh = edit.action !== 'undo';
      ui.tell(
        sentence(done.what, 'Done.'),
        this.fresh ? { name: 'Undo', run: () => void this.undo() } : null,
      );
      this.refresh();
      return done;
    } catch (error) {
      library.lost(error);
      if (!(error instanceof ApiError && refused?.(error))) ui.tell(inWords(error));
      return null;
    } finally {
      this.busy = false;
    }
  }

  undo(): Promise<EditDone | null> {
    return this.edit({ action: 'undo' });
  }

  /** Names a person. An existing name merges the two, or asks first when both have one. */
  async name(person: { id: number; name: string | null }, text: string): Promise<EditDone | null> {
    const edit = namingEdit(person, text, this.named);
    if (!edit) return null;
    return this.edit(edit, (error) => {
      if (error.status !== 409) return false;
      void this.offerMerge(person.id, text.trim(), error.message);
      return true;
    });
  }

  private async offerMerge(person: number, name: string, why: string): Promise<void> {
    await this.loadNames();
    const other = personNamed(name, this.named);
    ui.tell(
      why,
      other && other.id !== person
        ? {
            name: 'Merge',
            run: () =>
              void this.edit({ action: 'merge', people: [person, other.id], name: other.name ?? name }),
          }
        : null,
    );
  }

  /** Merges a person into a known one. */
  join(person: { id: number; name: string | null }, known: Person): Promise<EditDone | null> {
    return this.edit({
      action: 'merge',
      people: [known.id, person.id],
      ...(person.name !== null && known.name !== null ? { name: known.name } : {}),
    });
  }

  merge(people: readonly Person[], name?: string): Promise<EditDone | null> {
    return this.edit(mergeEdit(people, name));
  }

  /** Makes one edit per person; stops at the first refusal. */
  async setHidden(people: readonly Person[], hidden: boolean): Promise<boolean> {
    for (const person of people)
      if (!(await this.edit({ action: hidden ? 'hide' : 'show', person: person.id }))) return false;
    return true;
  }

  async answer(same: boolean): Promise<void> {
    const asked = this.question;
    if (!asked || this.busy) return;
    const faces = [asked.face.id];
    const person = asked.person.id;
    const done = await this.edit(
      same ? { action: 'assign', faces, person } : { action: 'reject', faces, person },
    );
    if (done) this.questions = this.questions.filter((one) => one.face.id !== asked.face.id);
  }

  skip(): void {
    const asked = this.question;
    if (!asked) return;
    this.later.add(asked.face.id);
    this.questions = this.questions.slice(1);
    ui.say(this.question ? 'Skipped for now. Next question.' : 'Skipped for now. No more questions.');
    if (!this.question) void this.loadQuestions();
  }
}

export const people = new People();
