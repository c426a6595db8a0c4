// A stand-in for a Hone server, for work on the client: docs/http.md over a folder of photos, without any model.
// Node only, no dependency. Listens on 127.0.0.1 and nowhere else.
//
//   node dev/mock_server.mjs --photos DIR [--captions FILE] [--port 7700] [--count 100000] [--likely N]
//                            [--seconds 6] [--empty] [--no-model] [--paused]
//
// --photos    JPEG, PNG or WebP files of one folder; without it pictures are drawn (SVG), so tests need no photos
// --captions  JSON list of {"file", "captions"}: words then find what the captions say
// --count     pretends to hold so many pictures, each file many times under other ids
// --likely    how many of them are likely for any words
// --seconds   how long the pretended reading takes; --empty starts without a folder, as on a first run
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
const flag = (name) => args.includes(`--${name}`);
const option = (name, otherwise) => (flag(name) ? args[args.indexOf(`--${name}`) + 1] : otherwise);
const photosFolder = option('photos', '');
const seconds = Number(option('seconds', '6'));
const likelyAsked = Number(option('likely', '0'));
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

// ---- pictures ----

/** Width and height of a JPEG or PNG, from its head. */
function size(bytes) {
  if (bytes.readUInt32BE(0) === 0x89504e47) return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
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
      return { path: `/pictures/drawn-${index}.svg`, width, height, bytes: 900, words: `drawn ${index}` };
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
const metadata = (photo) => ({
  make: 'Canon',
  model: 'Canon EOS R5',
  lens: 'RF24-105mm F4 L',
  exposure_seconds: 0.004,
  aperture: 2.8,
  iso: 400,
  focal_length_mm: 50,
  ...(photo.index % 2 === 0 ? { latitude: 48.2, longitude: 16.37 } : {}),
  ...(photo.index % 5 === 0 ? { rating: 4, title: `Number ${photo.index}` } : {}),
  ...(keywords(photo).length ? { keywords: keywords(photo) } : {}),
});
function takenAt(photo) {
  return `20${String(10 + (photo.index % 14)).padStart(2, '0')}-05-01T12:30:00+02:00`;
}

// A small part of docs/filters.md: terms side by side, each field:value or a word of the name, - in front.
const fields = {
  taken: (photo, value) => takenAt(photo).startsWith(value),
  camera: (photo, value) => 'canon eos r5'.includes(value.toLowerCase()),
  has: (photo, value) => value === 'gps' && photo.index % 2 === 0,
  keyword: (photo, value) => keywords(photo).some((word) => word.toLowerCase() === value.toLowerCase()),
  name: (photo, value) => basename(photo.file.path).includes(value),
  rating: (photo, value) => (photo.index % 5 === 0 ? 4 : 0) >= Number(value.replace(/\D/g, '')),
  is: (photo, value) => value === 'unreachable' && photo.index === 5,
};
function passes(text) {
  const terms = [...(text ?? '').matchAll(/(-?)(?:(\w+):)?("(?:\\.|[^"])*"|[^\s]+)/g)].map((found) => {
    const [, not, field, quoted] = found;
    const value = quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted;
    if (field && !Object.hasOwn(fields, field))
      throw new Refusal(
        400,
        'Bad request',
        `filter, column ${found.index + not.length + 1}: '${field}' is no field; there are ${Object.keys(fields).join(', ')}`,
      );
    const test = field ? fields[field] : (photo) => photo.file.words.includes(value.toLowerCase());
    return (photo) => test(photo, value) !== (not === '-');
  });
  return (photo) => terms.every((term) => term(photo));
}

// ---- the pretended library ----

let folders = flag('empty') ? [] : [{ id: 1, path: resolve(photosFolder || '/pictures') }];
let nextFolder = 2;
let done = flag('empty') ? 0 : seconds > 0 ? 0 : total;
let state = flag('empty') || done === total ? 'idle' : flag('paused') ? 'paused' : 'running';
const model = flag('no-model')
  ? null
  : { name: 'mock-64', dimension: 64, licence: 'Apache-2.0', precision: 'f32', device: 'cpu' };
const listeners = new Set();
const failures = [
  { path: '/pictures/broken.jpg', stage: 'reading', reason: 'ends after 81,920 of 2,113,044 bytes' },
];
const skipped = { 'not a picture': 21, 'no permission': 6 };

const indexing = () => ({
  state,
  done,
  total: folders.length ? total : 0,
  failed: done > 0 ? failures.length : 0,
  skipped: done > 0 ? skipped : {},
  photos_per_second: state === 'running' ? total / seconds : 0,
  seconds_left: state === 'running' ? ((total - done) / total) * seconds : null,
  stage: state === 'running' ? 'reading' : '',
});
const folderViews = () =>
  folders.map((folder, place) => ({ ...folder, photos: place === 0 ? done : 0, reachable: true }));
const status = () => ({
  version: '0.1.0-mock',
  library: '/var/lib/hone',
  photos: folders.length ? total : 0,
  searchable: done,
  failed: indexing().failed,
  model,
  folders: folderViews(),
  indexing: indexing(),
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
    emit('scan', {});
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

function rank(query) {
  const out = new Set([...(query.like ?? []), ...(query.unlike ?? []), ...(query.seen ?? [])]);
  const from = query.from && byId.get(query.from);
  const wanted = content(from ? from.file.words : (query.text ?? ''));
  const key = `${query.text ?? ''}${query.from ?? ''}`;
  const marks = (ids) =>
    (ids ?? [])
      .map((id) => byId.get(id))
      .filter(Boolean)
      .map((photo) => content(photo.file.words));
  const like = marks(query.like);
  const unlike = marks(query.unlike);
  const scored = [];
  const lets = passes(query.filter);
  for (const photo of photos.slice(0, done)) {
    if (!lets(photo)) continue;
    if (out.has(photo.id) || photo.id === query.from) continue;
    let score = overlap(wanted, photo.file.words) * 0.34 + 0.05;
    score += total > 5000 ? photo.noise * 0.12 : chance(key, photo) * 0.12;
    for (const words of like) score += (overlap(words, photo.file.words) * 0.6) / like.length;
    for (const words of unlike) score -= (overlap(words, photo.file.words) * 0.3) / unlike.length;
    scored.push({ photo, score });
  }
  scored.sort((a, b) => b.score - a.score || (a.photo.id < b.photo.id ? -1 : 1));
  return scored;
}

/** A filter alone: the newest taken first, nothing guessed. */
function list(query) {
  const out = new Set(query.seen ?? []);
  const lets = passes(query.filter);
  const found = photos
    .slice(0, done)
    .filter((photo) => lets(photo) && !out.has(photo.id))
    .sort((one, other) => (takenAt(one) < takenAt(other) ? 1 : -1));
  const { limit = 60, offset = 0 } = query;
  return {
    query: { text: '', like: [], unlike: [], seen: out.size, method: 'average', limit, offset, facts: true },
    total: found.length,
    likely: found.length,
    possible: 0,
    took_ms: 1,
    method: 'average',
    model: model?.name ?? '',
    histogram: { from: 0, to: 0, counts: new Array(40).fill(0) },
    cuts: { likely: 0, possible: 0 },
    results: found
      .slice(offset, offset + limit)
      .map((photo) => ({ ...view(photo), score: 0, probability: 1, reasons: [] })),
  };
}

function page(query) {
  const started = performance.now();
  if (!query.text && !query.from && !query.like?.length && !query.unlike?.length) return list(query);
  const scored = rank(query);
  const top = scored[0]?.score ?? 0;
  let likely = 0.27;
  let possible = 0.2;
  if (likelyAsked && scored.length) {
    likely = scored[Math.min(scored.length, likelyAsked) - 1].score;
    possible = likely - 0.02;
  }
  const probability = (score) =>
    score >= likely
      ? 0.5 + 0.45 * Math.min(1, (score - likely) / Math.max(0.01, top - likely))
      : score >= possible
        ? 0.1 + (0.399 * (score - possible)) / (likely - possible)
        : Math.max(0, 0.09 * (score / possible));
  const range = { from: -0.2, to: 0.8 };
  const counts = new Array(40).fill(0);
  for (const { score } of scored)
    counts[Math.max(0, Math.min(39, Math.floor(((score - range.from) / (range.to - range.from)) * 40)))]++;
  const limit = query.limit ?? 60;
  const offset = query.offset ?? 0;
  return {
    query: {
      text: query.text ?? '',
      like: query.like ?? [],
      unlike: query.unlike ?? [],
      seen: (query.seen ?? []).length,
      method: query.method ?? 'average',
      limit,
      offset,
    },
    total: scored.length,
    likely: scored.filter(({ score }) => score >= likely).length,
    possible: scored.filter(({ score }) => score < likely && score >= possible).length,
    took_ms: performance.now() - started,
    method: query.method ?? 'average',
    model: model?.name ?? '',
    histogram: { ...range, counts },
    cuts: { likely, possible },
    results: scored.slice(offset, offset + limit).map(({ photo, score }) => ({
      ...view(photo),
      score,
      probability: probability(score),
      reasons: [{ facet: 'content', weight: 1, from: 'words' }],
    })),
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

/** Refusal: becomes application/problem+json. */
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

function sendPicture(response, photo, cached) {
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
  if (route === 'GET /status') return json(status());
  if (route === 'GET /folders') return json({ folders: folderViews() });
  if (route === 'GET /failures')
    return json({ failures: done ? failures : [], skipped: done ? skipped : {} });
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
    if (!query.text && !query.from && !query.like?.length && !query.unlike?.length && !query.filter)
      throw new Refusal(
        400,
        'Nothing to search for',
        'A search needs words, a mark, a picture to start from or a filter.',
      );
    if ((query.text ?? '').length > 10_000)
      throw new Refusal(400, 'Too long', 'The words are longer than 10,000 characters.');
    if (!model && query.text)
      throw new Refusal(503, 'No model', 'Words need the model, and its file is not here.');
    if (query.from && !byId.has(query.from) && !examples.has(query.from))
      throw new Refusal(404, 'Not found', 'The picture that this search starts from is not known here.');
    return json(page(query));
  }
  if (route === 'POST /examples') {
    const bytes = await body(request);
    if (bytes.length < 16)
      throw new Refusal(400, 'Not a picture', 'These bytes are not a picture that can be read.');
    const id = createHash('sha256').update(bytes).digest('hex');
    examples.set(id, true);
    return json({ id, width: 640, height: 480, color: '#808080' });
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
    state = route.endsWith('pause') ? 'paused' : done < total ? 'running' : 'idle';
    emit('progress', indexing());
    return json({ state: 'running' }, 202);
  }
  const one = /^\/photos\/([0-9a-f]+)(\/\w+)?$/.exec(path);
  if (one && request.method === 'GET') {
    const photo = known(one[1]);
    if (one[2] === '/thumbnail') return sendPicture(response, photo, true);
    if (one[2] === '/original') return sendPicture(response, photo, false);
    if (one[2] === '/similar')
      return json(page({ from: photo.id, limit: Number(url.searchParams.get('limit') ?? 60) }));
    const place = {
      path: photo.file.path,
      folder: folders[0]?.path ?? '',
      size: photo.file.bytes,
      modified_at: '2024-05-03T18:22:00Z',
      reachable: photo.index !== 5,
    };
    const second = { ...place, path: photo.file.path.replace(/([^/]+)$/, 'copies/$1') };
    return json({
      ...view(photo),
      metadata: metadata(photo),
      taken_at: takenAt(photo),
      taken_from: photo.index % 4 === 0 ? 'modified' : 'exif',
      raw: [],
      bytes: photo.file.bytes,
      format: photosFolder ? 'jpeg' : 'svg',
      added_at: '2026-01-10T09:14:00Z',
      places: photo.copies > 1 ? [place, second] : [place],
      analyses: [{ analyzer: 'content', version: '1', model: 'mock-64', at: '2026-01-10T09:14:02Z' }],
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
    // The same policy that the real server sends, so that a breach of it shows here first.
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
