// People on screen: the list, the questions, the history, and every change of them. A change is one edit of the
// server, so each can be taken back; what is on screen is asked for again after it.
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
import { mergeEdit, namingEdit, personNamed, sentence } from './people';
import { ui } from './ui.svelte';

const pageSize = 200;
const questionsAsked = 20;

class People {
  list = $state.raw<Person[]>([]);
  total = $state(0);
  /** All faces of the library. */
  faces = $state(0);
  /** Null: no model reads faces. Undefined: not known yet. */
  model = $state<string | null | undefined>(undefined);
  loading = $state(false);
  /** The list was answered at least once. */
  listed = $state(false);
  error = $state('');
  /** People who were hidden, and those on one picture only, are in the list too. */
  hidden = $state(false);
  singles = $state(false);
  /** Everyone who has a name: what a name field offers. */
  named = $state.raw<Person[]>([]);
  questions = $state.raw<Question[]>([]);
  edits = $state.raw<PastEdit[]>([]);
  /** Grows with each change: what shows faces asks again. */
  version = $state(0);
  busy = $state(false);
  /** The last thing done was a change of people, so that is what an undo takes back. */
  fresh = $state(false);

  private readonly later = new Set<number>();
  private running: AbortController | null = null;

  question = $derived(this.questions[0] ?? null);

  /** The list, from its start. As many people as were shown stay shown. */
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
      // Named ones come first, so those of one page are all but in a library of more than a thousand names.
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

  /** One change. What it did is said, with a way back; null when it was refused, which is said as well. */
  async edit(edit: PeopleEdit, refused?: (error: ApiError) => boolean): Promise<EditDone | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      const done = await api.editPeople(edit);
      this.fresh = edit.action !== 'undo';
      ui.tell(sentence(done.what), this.fresh ? { name: 'Undo', run: () => void this.undo() } : null);
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

  /** Gives a name; a name that somebody has already joins the two, or asks first when both have one. */
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
            name: 'Merge them',
            run: () =>
              void this.edit({ action: 'merge', people: [person, other.id], name: other.name ?? name }),
          }
        : null,
    );
  }

  /** Joins a person to a known one. */
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

  /** One edit each; stops at the first that is refused. */
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
    ui.say(this.question ? 'Later. The next question.' : 'Later. No more questions.');
    if (!this.question) void this.loadQuestions();
  }
}

export const people = new People();
