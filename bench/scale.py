#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What events and requests cost in a large library, with the real program.

usage: bench/scale.py [--photos 1000000] [--faces 1000000] [--json] [--hone build/release/hone] [--scratch /tmp] [--photo FILE]

Indexes one real photo, adds N - 1 photos and F faces to the catalogue (made vectors, styles, times and people; no networks), starts
`hone serve` and measures. Everything beside it is the same with a library of one photo, so the CPU time of a saved file is the
difference of the two: decoding and networks are not in it.

  start_s                   from the start of the process to the first answer of a search, vector files there
  save_cpu_ms               CPU time of the server for one saved file, beyond that in a library of one photo
  largest_search_ms         200 likes and 60,000 photos that were seen
  search_while_scanning_ms  searches with new words while a file is saved every half second
  status_ms, question_ms, name_person_ms   over HTTP, medians
  first_grouping_s, _mb     all faces from nothing, in a separate process (hone bench faces --synthetic)
  one_face_ms               one more face after that
  near_duplicate_ms         one photo compared with all (hone bench near)
  rss_mb                    of the server at the end, without mapped files
  statements                of the catalogue, per saved file, search, status and question (/metrics)
"""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
import urllib.request

import numpy as np

from library import WORDS, common_options, memory, one_photo_library, real_photo, run, search, serve

FACES_PER_PERSON = 20


def grow(database, photos, faces):
    """Adds photos and faces, in the catalogue only, in the form of the real photo."""
    model, blob = database.execute("SELECT model, data FROM vector WHERE space = 'content'").fetchone()
    style, hashes = database.execute('SELECT bytes, hashes FROM look').fetchone()
    analyses = database.execute('SELECT analyzer, version, model FROM analysis').fetchall()
    face_model = next((name for analyzer, _, name in analyses if analyzer == 'faces'), 'bench')
    base = np.frombuffer(blob, np.float32)
    random = np.random.default_rng(1)
    database.execute('PRAGMA synchronous = OFF')
    folder = database.execute("INSERT INTO folder (path, reachable) VALUES (CAST('/bench' AS BLOB), 0)").lastrowid
    person = None
    for first in range(2, photos + 1, 10_000):
        numbers = range(first, min(first + 10_000, photos + 1))
        vectors = base + random.normal(0, 0.08, (len(numbers), len(base))).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        looks = random.integers(0, 256, (len(numbers), len(style)), np.uint8)
        with database:
            database.executemany("INSERT INTO photo (id, sha, bytes, width, height, format, color, added_at) VALUES (?,?,1000,640,480,'jpeg',8421504,1700000000)",
                                 ((n, hashlib.sha256(b'%d' % n).digest()) for n in numbers))
            database.executemany('INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) VALUES (?,?,1000,1,?,0,?)',
                                 ((folder, b'/bench/%d/%d.jpg' % (n // 1000, n), 1_000_000_000 + n, n) for n in numbers))
            database.executemany('INSERT INTO vector VALUES (?,?,?,?)', ((n, 'content', model, v.tobytes()) for n, v in zip(numbers, vectors)))
            database.executemany('INSERT INTO analysis VALUES (?,?,?,?,1700000000)', ((n, *analysis) for n in numbers for analysis in analyses))
            # Two photos of three are a second after the one before: bursts of three.
            database.executemany("INSERT INTO metadata (photo_id, taken_at, taken_source, make, model, latitude, longitude, document) VALUES (?,?,'exif','Canon',?,?,?,'{}')",
                                 ((n, 1_000_000_001 + n // 3 * 100 + n % 3, f'EOS {n // 3 % 7}', 48 + n % 1000 / 1000, 11 + n % 777 / 1000) for n in numbers))
            database.executemany('INSERT INTO look VALUES (?,?,?)', ((n, look.tobytes(), random.bytes(len(hashes))) for n, look in zip(numbers, looks)))
            database.executemany("INSERT INTO words (rowid, name, folder, title, keywords, camera) VALUES (?,?,'bench','','','Canon EOS')", ((n, f'{n}.jpg') for n in numbers))
    for first in range(0, faces, 10_000):
        numbers = range(first, min(first + 10_000, faces))
        with database:
            rows = []
            for n in numbers:
                if n % FACES_PER_PERSON == 0:
                    person = database.execute('INSERT INTO person DEFAULT VALUES').lastrowid
                    center = random.normal(0, .11, 128)
                vector = (center + random.normal(0, .02, 128)).astype(np.float32)
                rows.append((2 + n * 7919 % max(1, photos - 1), face_model, vector.tobytes(), person))
            database.executemany('INSERT INTO face (photo_id, model, x, y, width, height, score, age, male, vector, person_id) VALUES (?,?,10,10,90,90,.9,31,.2,?,?)', rows)
    with database:
        database.execute("INSERT OR REPLACE INTO setting VALUES ('faces-changes', '1')")


class Server:
    def __init__(self, hone, library):
        self.process, self.url, _, self.start = serve(hone, library)

    def get(self, path):
        begin = time.perf_counter()
        with urllib.request.urlopen(self.url + path) as answer:
            body = answer.read()
        return time.perf_counter() - begin, body

    def post(self, path, document):
        begin = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, json.dumps(document).encode())) as answer:
            body = json.load(answer)
        return time.perf_counter() - begin, body

    def status(self):
        return json.loads(self.get('/api/v1/status')[1])

    def statements(self):
        for line in self.get('/metrics')[1].decode().splitlines():
            if line.startswith('hone_catalog_statements_total '):
                return float(line.split()[1])
        return 0

    def cpu(self):
        """CPU time of the process without its children (the decoders), in ms."""
        fields = pathlib.Path(f'/proc/{self.process.pid}/stat').read_text().rsplit(') ', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf('SC_CLK_TCK')

    def idle(self):
        """Waits until nothing is scanned."""
        rested = 0
        while rested < 4:
            rested = rested + 1 if self.status()['indexing']['state'] == 'idle' else 0
            time.sleep(.25)

    def close(self):
        self.process.terminate()
        self.process.wait()


def save(photo, folder, number):
    """A file that the library does not know: the bytes after the end of a JPEG are not looked at."""
    (folder / f'new-{number}.part').write_bytes(photo.read_bytes() + b'%d' % number)
    (folder / f'new-{number}.part').rename(folder / f'new-{number}.jpg')


def cost_of_saving(server, photo, folder, first, count=8):
    """Returns the CPU time and the statements per saved file: the median."""
    cpu, statements = [], []
    for number in range(first, first + count):
        server.idle()
        photos, before, ran = server.status()['photos'], server.cpu(), server.statements()
        save(photo, folder, number)
        while server.status()['photos'] == photos:
            time.sleep(.2)
        server.idle()
        cpu.append(server.cpu() - before)
        statements.append(server.statements() - ran)
    return statistics.median(cpu), statistics.median(statements)


def median_ms(times):
    return statistics.median(times) * 1000


def measure(hone, photo, photos, faces, work):
    work.mkdir()
    library, folder = one_photo_library(hone, photo, work)
    if photos > 1:
        with contextlib.closing(sqlite3.connect(library / 'catalog.db')) as database:
            grow(database, photos, faces)
        server = Server(hone, library)  # fills the vector files
        server.idle()
        server.close()
    server = Server(hone, library)
    result = {'start_s': server.start}
    try:
        server.idle()
        result['save_cpu_ms'], saving = cost_of_saving(server, photo, folder, 0)
        if photos == 1:
            return result
        result['statements'] = {'save': saving}

        def per_call(name, call, count=20):
            before = server.statements()
            times = [call(number) for number in range(count)]
            result['statements'][name] = round((server.statements() - before) / count, 2)
            return median_ms(times)

        result['status_ms'] = per_call('status', lambda _: server.get('/api/v1/status')[0])
        result['search_ms'] = per_call('search', lambda n: search(server.url, f'{WORDS[n % len(WORDS)]} {n}')[0])
        # The most that one request may ask for.
        ids = [hashlib.sha256(b'%d' % number).hexdigest() for number in range(2, min(photos, 60_001) + 1)]
        largest = {'text': WORDS[0], 'like': ids[:200], 'seen': ids}
        result['largest_search_ms'] = median_ms([server.post('/api/v1/search', largest)[0] for _ in range(5)])
        if faces > 0:
            people = json.loads(server.get('/api/v1/people?limit=20')[1])['people']
            result['question_ms'] = per_call('question', lambda _: server.get('/api/v1/people/questions?limit=1')[0], 5)
            result['name_person_ms'] = median_ms([server.post('/api/v1/people', {'action': 'name', 'person': person['id'], 'name': f'Person {number}'})[0] for number, person in enumerate(people)])
        stop = threading.Event()

        def scan():
            number = 1000
            while not stop.wait(.5):
                save(photo, folder, number)
                number += 1

        saver = threading.Thread(target=scan)
        saver.start()
        time.sleep(2)
        times = []
        end = time.monotonic() + 20
        while time.monotonic() < end:
            times.append(search(server.url, f'{WORDS[len(times) % len(WORDS)]} while {len(times)}')[0])
            time.sleep(.05)
        stop.set()
        saver.join()
        times.sort()
        result['search_while_scanning_ms'] = {'p50': times[len(times) // 2] * 1000, 'p99': times[min(len(times) - 1, int(len(times) * .99))] * 1000}
        server.idle()
        result['rss_mb'] = memory(server.process.pid)[0]
    finally:
        server.close()
    return result


def main():
    parser = common_options(__doc__)
    parser.add_argument('--faces', type=int, default=1_000_000)
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args()
    photo = real_photo(options)
    work = pathlib.Path(tempfile.mkdtemp(prefix='hone-scale-', dir=options.scratch))
    try:
        small = measure(options.hone, photo, 1, 0, work / 'small')
        large = measure(options.hone, photo, options.photos, options.faces, work / 'large')
        grouping = json.loads(run(options.hone, 'bench', 'faces', '--synthetic', str(options.faces), '--json')) if options.faces else {}
        near = json.loads(run(options.hone, 'bench', 'near', '--photos', str(options.photos), '--json'))
        figures = {'photos': options.photos, 'faces': options.faces, **large,
                   'save_cpu_ms': large['save_cpu_ms'] - small['save_cpu_ms'], 'save_cpu_of_one_photo_ms': small['save_cpu_ms'],
                   'first_grouping_s': grouping.get('seconds'), 'first_grouping_mb': grouping.get('peak_mb'), 'one_face_ms': grouping.get('one_more_ms'),
                   'near_duplicate_ms': near['milliseconds']}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f'{name:26}{value}')


if __name__ == '__main__':
    main()
