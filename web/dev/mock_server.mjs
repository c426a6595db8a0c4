// SPDX-License-Identifier: GPL-3.0-or-later
// A mock Hone server for work on the client: docs/http.md over a folder of photos, without any model. It listens on
// 127.0.0.1 only. Documents begin as the examples of docs/openapi.yaml; what the simulated library knows replaces
// their fields. tests/e2e/test_mock_server.py compares the answers with that document.
//
//   node dev/mock_server.mjs --photos DIR [--captions FILE] [--port 7700] [--count 100000] [--likely N]
//                            [--seconds 6] [--empty] [--no-model] [--paused] [--faces]
//
// --photos    JPEG, PNG or WebP files of one folder; without it the server draws photos (SVG), so tests need none
// --captions  JSON list of {"file", "captions"}: words then match the captions
// --count     simulated number of photos; each file appears many times under other ids
// --likely    number of photos that are likely for any words
// --faces     simulates indexed faces: some photos then show people
// --seconds   duration of the simulated indexing; --empty starts without a folder, as on a first run
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { example } from './examples.mjs';

const args = process.argv.slice(2);
const flag = (name) => args.includes(`--${name}`);
const option = (name, otherwise) => (flag(name) ? args[args.indexOf(`--${name}`) + 1] : otherwise);
const photosFolder = option('photos', '');
const seconds = Number(option('seconds', '6'));
const likelyAsked = Number(option('likely', '0'));
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

// ---- photos ----

/** Width and height of a JPEG, PNG or lossy WebP, from its head. */
function size(bytes) {
  if (bytes.readUInt32BE(0) === 0x89504e47) return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (bytes.toString('latin1', 8, 16) === 'WEBPVP8 ')
    return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    const start = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (start) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return [640, 480];
}

const captions = new Map();
const captionFile = option('captions', '');
if (captionFile) {
  for (const entry of JSON.parse(readFileSync(captionFile, 'utf8')))
    captions.set(
      basename(entry.file),
      [...entry.captions, ...(entry.categories ?? [])].join(' ').toLowerCase(),
    );
}

const hash = (text) => createHash('sha256').update(text).digest();
const shapes = [
  [640, 427],
  [427, 640],
  [640, 480],
  [640, 640],
  [640, 360],
  [500, 375],
];

const files = photosFolder
  ? readdirSync(photosFolder, { recursive: true })
      .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
      .sort()
      .map((name) => {
        const path = resolve(photosFolder, name);
        const [width, height] = size(readFileSync(path));
        return { path, width, height, bytes: statSync(path).size, words: captions.get(name) ?? name };
      })
  : Array.from({ length: 120 }, (_, index) => {
      const [width, height] = shapes[index % shapes.length];
      return { path: `/photos/drawn-${index}.svg`, width, height, bytes: 900, words: `drawn ${index}` };
    });

const total = Number(option('count', String(files.length)));
const photos = Array.from({ length: total }, (_, index) => {
  const file = files[index % files.length];
  const mark = hash(`${file.path}#${index}`);
  // Muted, as mean colours of photos are.
  const color = `#${[mark[0], mark[1], mark[2]].map((c) => (90 + (c >> 2)).toString(16).padStart(2, '0')).join('')}`;
  const copies = index === 3 ? 2 : 1;
  return { index, file, color, copies, id: mark.toString('hex'), noise: mark.readUInt16BE(4) / 65535 };
});
const byId = new Map(photos.map((photo) => [photo.id, photo]));
const examples = new Map();
const view = (photo) => ({
  id: photo.id,
  path: photo.file.path,
  width: photo.file.width,
  height: photo.file.height,
  color: photo.color,
  copies: photo.copies,
  reachable: photo.index !== 5,
  ...(photo.index % 4 === 0 ? {} : { taken_at: takenAt(photo) }),
});
const keywords = (photo) => (photo.index % 3 === 0 ? ['Sea side', 'the "best"'] : []);
const details = example('PhotoDetails');
function metadata(photo) {
  const { make, model, lens, exposure_seconds, aperture, iso, focal_length_mm, latitude, longitude, rating } =
    details.metadata;
  return {
    ...{ make, model, lens, exposure_seconds, aperture, iso, focal_length_mm },
    ...(photo.index % 2 === 0 ? { latitude, longitude } : {}),
    ...(photo.index % 5 === 0 ? { rating, title: `Number ${photo.index}` } : {}),
    ...(keywords(photo).length ? { keywords: keywords(photo) } : {}),
  };
}
function takenAt(photo) {
  return `20${String(10 + (photo.index % 14)).padStart(2, '0')}-05-01T12:30:00+02:00`;
}

// A small part of docs/filters.md: terms side by side, each field:value or a word of the name, with - to exclude.
const fields = {
  taken: (photo, value) => takenAt(photo).startsWith(value),
  camera: (photo, value) => 'canon eos r5'.includes(value.toLowerCase()),
  has: (photo, value) => value === 'gps' && photo.index % 2 === 0,
  keyword: (photo, value) => keywords(photo).some((word) => word.toLowerCase() === value.toLowerCase()),
  name: (photo, value) => basename(photo.file.path).includes(value),
  rating: (photo, value) => (photo.index % 5 === 0 ? 4 : 0) >= Number(value.replace(/\D/g, '')),
  is: (photo, value) => value === 'unreachable' && photo.index === 5,
  people: (photo, value) => namesOn(photo).includes(value.toLowerCase()),
  only: (photo, value) => {
    const names = namesOn(photo);
    return names.length > 0 && names.every((name) => value.toLowerCase().split(',').includes(name));
  },
};
function matcher(text) {
  const terms = [...(text ?? '').matchAll(/(-?)(?:(\w+):)?("(?:\\.|[^"])*"|[^\s]+)/g)].map((found) => {
    const [, not, field, quoted] = found;
    const value = quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted;
    if (field && !Object.hasOwn(fields, field))
      throw new Refusal(
        400,
        'Bad request',
        `filter, column ${found.index + not.length + 1}: there is no field '${field}'; the fields are ${Object.keys(fields).join(', ')}.`,
      );
    const test = field ? fields[field] : (photo) => photo.file.words.includes(value.toLowerCase());
    return (photo) => test(photo, value) !== (not === '-');
  });
  return (photo) => terms.every((term) => term(photo));
}

// ---- simulated faces: the round shapes of the drawn photos ----

const withFaces = flag('faces');
const firstPeople = () => [
  { id: 1, name: 'Anna', hidden: false },
  { id: 2, name: 'Ben Old', hidden: false },
  { id: 3, name: null, hidden: false },
  { id: 4, name: null, hidden: false },
  { id: 5, name: 'Carla', hidden: true },
  { id: 6, name: null, hidden: false },
];
let people = withFaces ? firstPeople() : [];
let faces = [];
let rejected = [];
let edits = [];
let nextPerson = 7;
let nextEdit = 1;
if (withFaces)
  for (const photo of photos.slice(0, 400)) {
    if (photo.index % 4 === 3) continue;
    const { width, height } = photo.file;
    const side = Math.round(Math.min(width, height) * (photo.index % 2 ? 0.5 : 0.3));
    const add = (x, person) =>
      faces.push({
        id: faces.length + 1,
        photo: photo.id,
        box: [
          Math.round(Math.max(0, Math.min(width - side, x - side / 2))),
          Math.round((height - side) / 2),
          side,
          side,
        ],
        score: 0.9,
        ...(photo.index % 5 === 4
          ? {}
          : {
              age: [20 + (photo.index % 40), 31 + (photo.index % 40)],
              gender: { male: photo.noise, female: 1 - photo.noise },
            }),
        person,
        confirmed: photo.index % 8 === 0,
      });
    add(width * photo.noise, photo.index % 9 === 8 ? null : (photo.index % 5) + 1);
    if (photo.index % 6 === 0) add(width * 0.25, photo.index === 6 ? 6 : (photo.index % 3) + 1);
  }
const personOf = (id) => people.find((person) => person.id === id);
const facesOf = (id) => faces.filter((face) => face.person === id);
function namesOn(photo) {
  return faces
    .filter((face) => face.photo === photo.id)
    .map((face) => personOf(face.person)?.name?.toLowerCase())
    .filter(Boolean);
}
const faceView = (face) => ({ ...face, person: personOf(face.person) ?? null });
const placed = (face) => {
  const { width, height } = byId.get(face.photo).file;
  return { ...faceView(face), width, height };
};
function personView(person) {
  const all = facesOf(person.id);
  const cover = placed(all.find((face) => face.confirmed) ?? all[0]);
  return {
    ...person,
    faces: all.length,
    photos: new Set(all.map((face) => face.photo)).size,
    cover,
    ...(cover.age ? { age: cover.age } : {}),
  };
}
const peopleViews = () =>
  people
    .filter((person) => facesOf(person.id).length > 0)
    .map(personView)
    .sort((one, other) => !one.name - !other.name || other.photos - one.photos || one.id - other.id);
function questions() {
  return faces
    .filter((face) => face.id % 17 === 0 && !face.confirmed)
    .flatMap((face) =>
      [1, 3]
        .filter((id) => id !== face.person && facesOf(id).length > 0)
        .filter((id) => !rejected.some((one) => one.face === face.id && one.person === id))
        .slice(0, 1)
        .map((id) => ({
          face: placed(face),
          person: personView(personOf(id)),
          distance: 0.49,
          settles: 1 + (face.id % 14),
        })),
    );
}
const foundPerson = (id) => {
  const person = personOf(id);
  if (!person || facesOf(id).length === 0)
    throw new Refusal(404, 'Not found', `No person has the number ${id}.`);
  return person;
};
function editPeople(edit) {
  if (edit.action === 'undo') {
    const last = edits.shift();
    if (!last) throw new Refusal(409, 'Nothing to undo', 'There is nothing to undo.');
    ({ people, faces, rejected } = last.before);
    return { edit: nextEdit++, what: `undone: ${last.what}`, person: null };
  }
  const before = structuredClone({ people, faces, rejected });
  const named = (name, but) =>
    people.find((one) => one.id !== but && one.name?.toLowerCase() === name.toLowerCase());
  const count = (number) => (number === 1 ? '1 face' : `${number} faces`);
  let what = '';
  let person = null;
  if (edit.action === 'name') {
    person = foundPerson(edit.person);
    if (named(edit.name, person.id))
      throw new Refusal(
        409,
        'Name in use',
        `Another person is named ${edit.name} (person ${named(edit.name, person.id).id}); merge the two instead.`,
      );
    person.name = edit.name;
    what = `named ${count(facesOf(person.id).length)} ${edit.name}`;
  } else if (edit.action === 'merge') {
    const all = edit.people.map(foundPerson);
    const names = new Set(all.map((one) => one.name).filter(Boolean));
    if (names.size > 1 && !edit.name)
      throw new Refusal(
        409,
        'Two names',
        `${[...names].join(' and ')} have different names; choose the name to keep.`,
      );
    person = all[0];
    const name = edit.name ?? [...names][0] ?? null;
    for (const face of faces) if (edit.people.includes(face.person)) face.person = person.id;
    for (const other of all) if (other !== person) other.name = null;
    person.name = name;
    const moved = count(facesOf(person.id).length);
    what = `merged ${all.length} people, ${moved}, into ${name ?? `person ${person.id}`}`;
  } else if (edit.action === 'split' || edit.action === 'assign') {
    person =
      edit.person && edit.action === 'assign' ? foundPerson(edit.person) : edit.name && named(edit.name);
    if (!person) people.push((person = { id: nextPerson++, name: edit.name ?? null, hidden: false }));
    for (const face of faces)
      if (edit.faces.includes(face.id)) Object.assign(face, { person: person.id, confirmed: true });
    what =
      edit.action === 'split'
        ? `moved ${count(edit.faces.length)} to a new person`
        : `marked ${count(edit.faces.length)} as ${person.name ?? `person ${person.id}`}`;
  } else if (edit.action === 'reject') {
    for (const face of faces)
      if (edit.faces.includes(face.id)) {
        rejected.push({ face: face.id, person: edit.person });
        if (face.person === edit.person) face.person = null;
      }
    what = `marked ${count(edit.faces.length)} as not ${personOf(edit.person)?.name ?? `person ${edit.person}`}`;
  } else if (edit.action === 'hide' || edit.action === 'show') {
    person = foundPerson(edit.person);
    person.hidden = edit.action === 'hide';
    what = `${edit.action === 'hide' ? 'hid' : 'unhid'} ${person.name ?? `person ${person.id}`}`;
  } else throw new Refusal(400, 'Bad request', `'${edit.action}' is not an action.`);
  const entry = { id: nextEdit++, at: new Date().toISOString(), what, before };
  edits.unshift(entry);
  return {
    edit: entry.id,
    what,
    person: person && facesOf(person.id).length > 0 ? personView(person) : null,
  };
}

// ---- the simulated library ----

let folders = flag('empty') ? [] : [{ id: 1, path: resolve(photosFolder || '/photos') }];
let nextFolder = 2;
let done = flag('empty') ? 0 : seconds > 0 ? 0 : total;
let state = flag('empty') || done === total ? 'idle' : flag('paused') ? 'paused' : 'running';
const model = flag('no-model')
  ? null
  : { ...example('Status').model, name: 'mock-64', title: 'Mock', dimension: 64, licence: 'Apache-2.0' };
let missing = flag('empty') ? 0 : example('Forgotten').photos;
const listeners = new Set();
const { failures, analyses, skipped } = example('Failures');

const pausedJobs = new Set();
const indexing = () => {
  const all = folders.length ? total : 0;
  const running = state === 'running';
  const left = running ? ((total - done) / total) * seconds : null;
  const jobs = example('Progress').jobs.map(({ name }) => ({
    name,
    state: pausedJobs.has(name)
      ? 'paused'
      : !running || name === 'finding'
        ? 'idle'
        : name === 'people' || name === 'duplicates'
          ? 'waiting'
          : 'running',
    done: name === 'finding' ? all : done,
    total: all,
    per_second: running && name !== 'finding' ? total / seconds : 0,
    seconds_left: name === 'finding' ? null : left,
    analyzed: ['description', 'content', 'faces'].includes(name) ? done : null,
    failed: name === 'faces' && done > 0 ? analyses.length : 0,
    reason: name === 'faces' && done > 0 ? analyses[0].reason : '',
  }));
  return {
    state,
    scan: 1,
    share: all > 0 ? done / all : 0,
    done: jobs.reduce((sum, job) => sum + job.done, 0),
    total: jobs.length * all,
    seconds_left: left,
    failed: done > 0 ? failures.length : 0,
    skipped: done > 0 ? skipped : {},
    jobs,
  };
};
const folderViews = () =>
  folders.map((folder, index) => ({ ...folder, photos: index === 0 ? done : 0, reachable: true }));
const status = () => ({
  ...example('Status'),
  version: '0.1.0-mock',
  library: '/var/lib/hone',
  photos: folders.length ? total : 0,
  searchable: done,
  failed: indexing().failed,
  missing: { photos: missing, since: missing ? example('Status').missing.since : null },
  model,
  model_problem: model ? null : 'no model is installed',
  folders: folderViews(),
  unwatched: [],
  indexing: indexing(),
  scans: done === total ? 1 : 0,
  last_scan: null,
});
const emit = (event, data) => {
  for (const response of listeners) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
};
setInterval(() => {
  if (state !== 'running') return;
  const from = done;
  done = Math.min(total, done + Math.max(1, Math.round((total / seconds) * 0.25)));
  emit('photos', { photos: photos.slice(Math.max(from, done - 60), done).map(view) });
  if (done === total) {
    state = 'idle';
    emit('scan', example('Summary'));
  }
  emit('progress', indexing());
}, 250).unref();
setInterval(() => listeners.forEach((response) => response.write(': still here\n\n')), 15_000).unref();

// ---- scores ----

const overlap = (wanted, words) => {
  if (wanted.length === 0) return 0;
  return wanted.filter((word) => words.includes(word)).length / wanted.length;
};
const content = (text) =>
  [...new Set(text.toLowerCase().match(/[a-z]{3,}/g) ?? [])].filter(
    (w) => !['the', 'and', 'with', 'that'].includes(w),
  );
const chance = (text, photo) => hash(text + photo.id).readUInt16BE(0) / 65535;

const styleTerms = ['red', 'blue', 'green', 'dark', 'bright', 'warm', 'cold', 'black', 'white', 'foggy'];
const methods = ['hone', 'text', 'average', 'rocchio', 'fit', 'fit-data', 'bayes', 'propagate'];
const facetNames = ['content', 'style', 'people', 'moment'];
const requestFields = new Set(
  'text like unlike weights seen rounds show from filter facts facets style_terms method collapse diverse limit offset'.split(
    ' ',
  ),
);

function refuseWrong(query) {
  for (const name of Object.keys(query))
    if (!requestFields.has(name))
      throw new Refusal(400, 'Bad request', `'${name}' is not a field of a search.`);
  if (query.method && !methods.includes(query.method))
    throw new Refusal(400, 'Bad request', `method must be one of ${methods.join(', ')}.`);
  if (query.show && !['new', 'seen', 'all'].includes(query.show))
    throw new Refusal(400, 'Bad request', 'show must be new, seen or all.');
  for (const [facet, boost] of Object.entries(query.facets ?? {}))
    if (!facetNames.includes(facet) || !(boost >= 0 && boost <= 10))
      throw new Refusal(400, 'Bad request', `facets: '${facet}' must be a known facet with 0 to 10.`);
  for (const [id, weight] of Object.entries(query.weights ?? {})) {
    if (![...(query.like ?? []), ...(query.unlike ?? [])].includes(id))
      throw new Refusal(400, 'Bad request', `The photo ${id} has a weight and no mark; mark it too.`);
    if (!(weight >= 0.1 && weight <= 10))
      throw new Refusal(400, 'Bad request', `The weight of the mark ${id} must be between 0.1 and 10.`);
  }
  if ((query.limit ?? 60) > 1000) throw new Refusal(400, 'Bad request', 'limit must be at most 1000.');
  const both = (query.like ?? []).find((id) => (query.unlike ?? []).includes(id));
  if (both)
    throw new Refusal(
      400,
      'Bad request',
      `The photo ${both} is marked as fitting and as not fitting; remove one mark.`,
    );
}

/** The group of a photo: three of each dozen are shots of one moment. A large library has no groups. */
const groupOf = (photo) =>
  total <= 5000 && photo.index % 12 >= 9 ? `moment ${Math.floor(photo.index / 12)}` : photo.id;
/** The kind of a photo, for a page that explores and for an overview. */
const kindOf = (photo) => photo.index % 40;

/** A search as understood: the sources of each share of a score. The numbers are made up, but they add up. */
function understood(query) {
  const boost = (facet) => query.facets?.[facet] ?? 1;
  const photosOf = (ids) => (ids ?? []).map((id) => byId.get(id)).filter(Boolean);
  const from = query.from && byId.get(query.from);
  const text = query.text ?? '';
  const like = photosOf(query.like);
  const unlike = photosOf(query.unlike);
  const evidence = (photo) => ({
    photo,
    words: content(photo.file.words),
    weight: query.weights?.[photo.id] ?? 1,
  });
  const marked = new Set([...like, ...unlike]);
  const all = content(text);
  const found = styleTerms.filter((word) => all.includes(word));
  const allowed = query.style_terms ?? found;
  return {
    wanted: content(from ? from.file.words : text),
    key: `${text}${query.from ?? ''}`,
    terms: found.map((word) => ({ word, used: allowed.includes(word) })),
    like: like.map(evidence),
    unlike: unlike.map(evidence),
    implicitNegatives: photosOf(query.seen)
      .filter((photo) => !marked.has(photo))
      .map((photo) => content(photo.file.words)),
    textWins: like.length > 0 && unlike.length >= 3 * like.length,
    onlyWords: query.method === 'text',
    boost,
  };
}

/** Score of a photo; adds each share to `reasons` if given. */
function scoreOf(photo, of, reasons) {
  let sum = 0;
  const add = (facet, weight, from) => {
    sum += weight;
    if (reasons && weight !== 0) reasons.push({ facet, weight, from });
  };
  const content = of.boost('content');
  const style = of.boost('style');
  add('content', overlap(of.wanted, photo.file.words) * 0.34 * content, 'text');
  const noise = total > 5000 ? photo.noise : chance(of.key, photo);
  add('content', 0.05 + noise * 0.12, 'library');
  for (const { word, used } of of.terms)
    if (used) add('style', (chance(word, photo) - 0.4) * 0.16 * style, `style:${word}`);
  if (of.textWins || of.onlyWords) return sum;
  const alike = (other) => 0.5 - Math.abs(other.noise - photo.noise);
  for (const { photo: other, words, weight } of of.like) {
    const share = weight / of.like.length;
    add('content', overlap(words, photo.file.words) * 0.6 * content * share, other.id);
    add('style', alike(other) * 0.12 * style * share, other.id);
    if (Math.abs(other.index - photo.index) < 4) add('moment', 0.05 * of.boost('moment') * share, other.id);
  }
  for (const { photo: other, words, weight } of of.unlike) {
    const share = weight / of.unlike.length;
    add('content', -overlap(words, photo.file.words) * 0.3 * content * share, other.id);
    add('style', -alike(other) * 0.05 * style * share, other.id);
  }
  if (of.implicitNegatives.length > 0) {
    const near = of.implicitNegatives.reduce((whole, words) => whole + overlap(words, photo.file.words), 0);
    add('content', (-0.06 * near) / of.implicitNegatives.length, 'seen');
  }
  return sum;
}

const byScore = (a, b) => b.score - a.score || (a.photo.id < b.photo.id ? -1 : 1);

/** The groups of a ranked list: the first photo of a moment is the cover of its group. */
function grouped(ranked, collapse) {
  if (!collapse) return ranked.map((one) => ({ ...one, members: [] }));
  const groups = new Map();
  for (const one of ranked) {
    const group = groups.get(groupOf(one.photo));
    if (group) group.members.push(one.photo);
    else groups.set(groupOf(one.photo), { ...one, members: [] });
  }
  return [...groups.values()];
}

/** One photo of each kind not shown yet, the best first; then the rest. */
function exploring(groups, seen) {
  const shown = new Set(seen.map((id) => byId.get(id)).map((photo) => photo && kindOf(photo)));
  const taken = new Set();
  const fresh = groups.filter(({ photo }) => {
    const kind = kindOf(photo);
    if (taken.size === 20 || taken.has(kind) || (shown.size < 40 && shown.has(kind))) return false;
    return taken.add(kind);
  });
  return [
    ...fresh.map((group) => ({ ...group, explores: true })),
    ...groups.filter((group) => !fresh.includes(group)),
  ];
}

/** The first of each kind, then the second of each. */
function overview(groups) {
  const times = new Map();
  return groups
    .map((group) => {
      const time = times.get(kindOf(group.photo)) ?? 0;
      times.set(kindOf(group.photo), time + 1);
      return { group, time };
    })
    .sort((one, other) => one.time - other.time)
    .map(({ group }) => group);
}

function facetStates(query) {
  const like = query.like?.length ?? 0;
  const state = (facet, auc) => {
    const boost = query.facets?.[facet] ?? 1;
    return { facet, available: true, auc, boost, weight: (facet === 'content' ? 1 : auc - 0.5) * boost };
  };
  return [
    state('content', 0.5 + 0.45 * (1 - 0.6 ** like)),
    state('style', 0.5 + 0.3 * (1 - 0.7 ** like)),
    {
      ...state('people', 0.5),
      ...(withFaces ? {} : { available: false, why: 'no faces are indexed yet', weight: 0 }),
    },
    state('moment', 0.5),
  ];
}

/** The scores of all photos by query text or start photo alone, the best first; null without marks. */
function scoresByText(query, whole) {
  if (!query.text && !query.from) return null;
  if (!query.like?.length && !query.unlike?.length) return null;
  const alone = wordsAlone(query);
  return Float64Array.from(whole, (photo) => scoreOf(photo, alone))
    .sort()
    .reverse();
}
const wordsAlone = ({ text, from }) => understood({ text, from, style_terms: [], method: 'text' });
/** The rank of a score, from 1; equal scores share a rank. */
function rankIn(scores, score) {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle] > score) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/** The groups of a search in their order, and its counts. */
function ranked(query) {
  const { method = 'hone', show = 'new', collapse = true, diverse = false } = query;
  const ranks = Boolean(query.text || query.from || query.like?.length || query.unlike?.length);
  const of = understood(query);
  const matches = matcher(query.filter);
  const seen = query.seen ?? [];
  const seenIds = new Set(seen);
  const markedIds = new Set([...(query.like ?? []), ...(query.unlike ?? [])]);
  const outGroups = new Set(
    [...seenIds, ...markedIds].map((id) => byId.get(id)).map((photo) => photo && groupOf(photo)),
  );
  const admitted = (photo) => {
    if (photo.id === query.from) return false;
    if (show === 'all') return true;
    return show === 'seen' ? seenIds.has(photo.id) : !outGroups.has(groupOf(photo));
  };
  const whole = photos.slice(0, done).filter(matches);
  const scored = [];
  let best = -Infinity;
  for (const photo of whole) {
    const score = ranks ? scoreOf(photo, of) : 0;
    best = Math.max(best, score);
    if (admitted(photo)) scored.push({ photo, score });
  }
  // A filter alone lists the newest photos first, without a match.
  if (ranks) scored.sort(byScore);
  else scored.sort((one, other) => (takenAt(one.photo) < takenAt(other.photo) ? 1 : -1));
  const top = scored[0]?.score ?? 0;
  let likely = ranks ? 0.27 : 0;
  let possible = ranks ? 0.2 : 0;
  if (likelyAsked && scored.length) {
    likely = scored[Math.min(scored.length, likelyAsked) - 1].score;
    possible = likely - 0.02;
  }
  const probability = (score) => {
    if (!ranks) return 1;
    if (score >= likely) return 0.5 + 0.45 * Math.min(1, (score - likely) / Math.max(0.01, top - likely));
    if (score >= possible) return 0.1 + (0.399 * (score - possible)) / (likely - possible);
    return Math.max(0, 0.09 * (score / possible));
  };
  const range = ranks ? { from: -0.2, to: 1.2 } : { from: 0, to: 0 };
  const counts = new Array(40).fill(0);
  if (ranks)
    for (const { score } of scored)
      counts[Math.max(0, Math.min(39, Math.floor(((score - range.from) / (range.to - range.from)) * 40)))]++;
  const explores =
    ranks &&
    method === 'hone' &&
    show === 'new' &&
    seen.length > 0 &&
    !query.like?.length &&
    scored.length > 0;
  let groups = grouped(scored, collapse);
  if (explores) groups = exploring(groups, seen);
  else if (diverse) groups = overview(groups);
  return {
    groups,
    of,
    ranks,
    probability,
    byText: scoresByText(query, whole),
    head: {
      total: scored.length,
      likely: scored.filter(({ score }) => score >= likely).length,
      possible: scored.filter(({ score }) => score < likely && score >= possible).length,
      nothing_fits: ranks && whole.length > 0 && best < likely,
      text_wins: of.textWins,
      explores,
      histogram: { ...range, counts },
      cuts: { likely, possible },
    },
  };
}

// All pages of one long list share one ranking.
let lastRanked = { key: '', value: null };
function page(query) {
  const started = performance.now();
  const { limit = 60, offset = 0, method = 'hone', show = 'new', collapse = true, diverse = false } = query;
  const key = JSON.stringify([{ ...query, limit: 0, offset: 0 }, done]);
  if (lastRanked.key !== key) lastRanked = { key, value: ranked(query) };
  const { groups, of, ranks, probability, byText, head } = lastRanked.value;
  return {
    query: {
      text: query.text ?? '',
      like: query.like ?? [],
      unlike: query.unlike ?? [],
      weights: query.weights ?? {},
      seen: (query.seen ?? []).length,
      show,
      method,
      limit,
      offset,
      facts: query.facts ?? true,
      ...(query.filter ? { filter: query.filter.trim() } : {}),
      facets: query.facets ?? {},
      style_terms: of.terms.filter(({ used }) => used).map(({ word }) => word),
      collapse,
      diverse,
    },
    ...head,
    took_ms: performance.now() - started,
    end: offset + limit >= groups.length,
    method,
    model: model?.name ?? '',
    calibration: of.like.length >= 2 ? 'marks' : 'text',
    facets: facetStates(query),
    style_terms: of.terms,
    results: groups.slice(offset, offset + limit).map(({ photo, score, members, explores: kind }) => {
      const reasons = [];
      if (ranks) scoreOf(photo, of, reasons);
      return {
        ...view(photo),
        score,
        probability: probability(score),
        ...(byText ? { text_rank: rankIn(byText, scoreOf(photo, wordsAlone(query))) } : {}),
        explores: kind === true,
        group: members.slice(0, 20).map(view),
        grouped: members.length,
        reasons,
      };
    }),
  };
}

// ---- HTTP ----

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** A refusal; its answer is application/problem+json. */
class Refusal extends Error {
  constructor(status, title, detail) {
    super(detail);
    Object.assign(this, { status, title });
  }
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function sendPhoto(response, photo, cached) {
  const headers = { 'Cache-Control': cached ? 'public, max-age=31536000, immutable' : 'private' };
  if (photosFolder) {
    response.writeHead(200, { ...headers, 'Content-Type': types[extname(photo.file.path).toLowerCase()] });
    createReadStream(photo.file.path).pipe(response);
    return;
  }
  const { width, height } = photo.file;
  response.writeHead(200, { ...headers, 'Content-Type': 'image/svg+xml' });
  response.end(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${photo.color}"/><circle cx="${width * photo.noise}" cy="${height / 2}" r="${height / 4}" fill="#ffffff55"/></svg>`,
  );
}

const known = (id) => {
  const photo = byId.get(id);
  if (!photo)
    throw new Refusal(404, 'Not found', `No photo has the id ${id.slice(0, 8)}...; ids come from a search.`);
  return photo;
};

async function answer(request, response, url) {
  const path = url.pathname.slice('/api/v1'.length);
  const route = `${request.method} ${path}`;
  const json = (value, code = 200) => {
    response.writeHead(code, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (route === 'GET /session') return json(example('Session'));
  if (route === 'GET /status') return json(status());
  if (route === 'GET /folders') return json({ folders: folderViews() });
  if (route === 'GET /failures')
    return json({
      failures: done ? failures : [],
      analyses: done ? analyses : [],
      skipped: done ? skipped : {},
    });
  if (route === 'GET /healthz') return response.end('ok');
  if (route === 'GET /photos') {
    const offset = Number(url.searchParams.get('offset') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 200);
    const newest = photos.slice(Math.max(0, done - offset - limit), Math.max(0, done - offset)).reverse();
    return json({ total: done, photos: newest.map(view) });
  }
  if (route === 'GET /events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`event: progress\ndata: ${JSON.stringify(indexing())}\n\n`);
    listeners.add(response);
    request.on('close', () => listeners.delete(response));
    return;
  }
  if (route === 'POST /search') {
    const query = JSON.parse((await body(request)).toString() || '{}');
    refuseWrong(query);
    if (!query.text && !query.from && !query.like?.length && !query.unlike?.length && !query.filter)
      throw new Refusal(
        400,
        'Nothing to search for',
        'A search needs words, a mark, a photo to start from or a filter.',
      );
    if ((query.text ?? '').length > 10_000)
      throw new Refusal(400, 'Too long', 'The words are longer than 10,000 characters.');
    if (!model && query.text)
      throw new Refusal(503, 'No model', 'Text search needs a model, and none is installed.');
    if (query.from && !byId.has(query.from) && !examples.has(query.from))
      throw new Refusal(404, 'Not found', 'The photo that this search starts from is not in the library.');
    return json(page(query));
  }
  if (route === 'POST /examples') {
    const bytes = await body(request);
    if (bytes.length < 16) throw new Refusal(400, 'Not a photo', 'Hone cannot read this file: not an image.');
    const id = createHash('sha256').update(bytes).digest('hex');
    examples.set(id, true);
    return json({ ...example('Example'), id });
  }
  if (route === 'POST /folders') {
    const wanted = JSON.parse((await body(request)).toString()).path ?? '';
    if (!existsSync(wanted))
      throw new Refusal(400, 'No such folder', `${wanted || 'This path'} does not exist.`);
    if (!statSync(wanted).isDirectory())
      throw new Refusal(400, 'Not a folder', `${wanted} is a file, not a folder.`);
    const folder = { id: nextFolder++, path: resolve(wanted) };
    folders.push(folder);
    if (done < total) state = 'running';
    emit('progress', indexing());
    return json({ ...folder, photos: 0, reachable: true }, 201);
  }
  if (request.method === 'DELETE' && path.startsWith('/folders/')) {
    folders = folders.filter((folder) => folder.id !== Number(path.slice(9)));
    response.writeHead(204).end();
    return;
  }
  if (route === 'POST /scan' || route === 'POST /scan/resume' || route === 'POST /scan/pause') {
    const { job } = JSON.parse((await body(request)).toString() || '{}');
    if (job && route !== 'POST /scan') {
      if (route.endsWith('pause')) pausedJobs.add(job);
      else pausedJobs.delete(job);
    } else state = route.endsWith('pause') ? 'paused' : done < total ? 'running' : 'idle';
    emit('progress', indexing());
    return json(example(route === 'POST /scan' ? 'Scan' : 'State'), 202);
  }
  if (route === 'POST /forget') {
    const wish = JSON.parse((await body(request)).toString());
    const answer = {
      photos: missing,
      names: example('Forgotten').names.slice(0, missing),
      forgotten: !wish.dry_run,
    };
    if (!wish.dry_run) missing = 0;
    return json(answer);
  }
  if (route === 'GET /people') {
    const of = (name) => url.searchParams.get(name);
    const all = peopleViews().filter(
      (person) =>
        (of('hidden') === 'true' || !person.hidden) &&
        (person.name || person.photos > 1 || of('singles') === 'true'),
    );
    const offset = Number(of('offset') ?? 0);
    return json({
      total: all.length,
      people: all.slice(offset, offset + Number(of('limit') ?? 200)),
      faces: faces.length,
      model: withFaces ? 'faces-mock' : null,
    });
  }
  if (route === 'GET /people/questions') return json({ questions: questions().slice(0, 20) });
  if (route === 'GET /people/history')
    return json({ edits: edits.slice(0, 50).map(({ id, at, what }) => ({ id, at, what })) });
  if (route === 'POST /people') return json(editPeople(JSON.parse((await body(request)).toString())));
  const onePerson = /^\/people\/(\d+)$/.exec(path);
  if (onePerson && request.method === 'GET') {
    const person = foundPerson(Number(onePerson[1]));
    const offset = Number(url.searchParams.get('offset') ?? 0);
    const members = facesOf(person.id).sort((a, b) => b.confirmed - a.confirmed || b.id - a.id);
    const limit = Number(url.searchParams.get('limit') ?? 200);
    return json({ ...personView(person), members: members.slice(offset, offset + limit).map(placed) });
  }
  const oneFace = /^\/faces\/(\d+)\/similar$/.exec(path);
  if (oneFace && request.method === 'GET') {
    const of = faces.find((face) => face.id === Number(oneFace[1]));
    if (!of) throw new Refusal(404, 'Not found', `No face has the number ${oneFace[1]}.`);
    const others = faces
      .filter((face) => face !== of)
      .map((face) => ({ ...placed(face), distance: face.person === of.person ? 0.3 : 0.6 }))
      .sort((a, b) => a.distance - b.distance);
    return json({ results: others.slice(0, Number(url.searchParams.get('limit') ?? 60)) });
  }
  const one = /^\/photos\/([0-9a-f]+)(\/\w+)?$/.exec(path);
  if (one && request.method === 'GET') {
    const photo = known(one[1]);
    if (one[2] === '/faces')
      return json(
        withFaces
          ? { faces: faces.filter((face) => face.photo === photo.id).map(faceView), analyzed: true }
          : { faces: [], analyzed: false, why: 'no face model is installed' },
      );
    if (one[2] === '/thumbnail') return sendPhoto(response, photo, true);
    if (one[2] === '/original') return sendPhoto(response, photo, false);
    if (one[2] === '/similar')
      return json(page({ from: photo.id, limit: Number(url.searchParams.get('limit') ?? 60) }));
    const file = {
      ...details.files[0],
      path: photo.file.path,
      folder: folders[0]?.path ?? '',
      size: photo.file.bytes,
      reachable: photo.index !== 5,
    };
    const second = { ...file, path: photo.file.path.replace(/([^/]+)$/, 'copies/$1') };
    return json({
      ...details,
      ...view(photo),
      metadata: metadata(photo),
      taken_at: takenAt(photo),
      taken_from: photo.index % 4 === 0 ? 'modified' : 'exif',
      bytes: photo.file.bytes,
      format: photosFolder ? 'jpeg' : 'svg',
      files: photo.copies > 1 ? [file, second] : [file],
    });
  }
  throw new Refusal(404, 'Not found', `There is no ${route}.`);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  try {
    if (url.pathname.startsWith('/api/v1')) return await answer(request, response, url);
    const file = join(dist, url.pathname === '/' ? 'index.html' : decodeURIComponent(url.pathname));
    if (!file.startsWith(dist) || !existsSync(file)) throw new Refusal(404, 'Not found', 'No such file.');
    // The policy of the real server, so that a violation shows here first.
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
    createReadStream(file).pipe(response);
  } catch (error) {
    const refused = error instanceof Refusal ? error : new Refusal(500, 'Failed', String(error));
    response.writeHead(refused.status, { 'Content-Type': 'application/problem+json' });
    response.end(
      JSON.stringify({
        type: 'about:blank',
        title: refused.title,
        status: refused.status,
        detail: refused.message,
      }),
    );
  }
});
server.listen(Number(option('port', '7700')), '127.0.0.1', () => {
  console.log(`Hone is ready at http://127.0.0.1:${server.address().port}`);
});
