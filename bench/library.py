#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large libraries with the real program: start-up, search times, memory.

usage: bench/library.py [--hone build/release/hone] [--photos 1000000] [--searches 200] [--scratch /tmp] [--photo FILE] [--catalog surrealdb://...]

Makes a library of one real photo and N - 1 photos that exist in the catalogue only (noise around the real vector), starts
`hone serve` on it twice (the first start fills the vector files) and prints: seconds from exec to the ready line next to those
of `sqlite3`-like work (reading the same catalogue's numbers), search p50 and p99 over HTTP with new query texts, and
memory: the server's own and the mapped files.

With --catalog the photos have metadata, styles and a face each, and are first copied to that server (an empty database); the first
start then fills the replica from it.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.request

import numpy as np

WORDS = 'dog cat horse beach snow forest car train kitchen table bread flower sunset child woman man city street boat bird mountain bridge night rain'.split()
ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def grow(database, photos, whole):
    """Adds photos, in the catalogue only, up to the wanted number."""
    model, blob = database.execute('SELECT model, data FROM vector').fetchone()
    folder = database.execute('SELECT id FROM folder').fetchone()[0]
    base = np.frombuffer(blob, np.float32)
    random = np.random.default_rng(1)
    database.execute('PRAGMA synchronous = OFF')
    for first in range(2, photos + 1, 10_000):
        numbers = range(first, min(first + 10_000, photos + 1))
        vectors = base + random.normal(0, 0.08, (len(numbers), len(base))).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with database:
            database.executemany("INSERT INTO photo (id, sha, bytes, width, height, format, color, added_at) VALUES (?,?,1000,640,480,'jpeg',8421504,1700000000)",
                                 ((n, hashlib.sha256(b'%d' % n).digest()) for n in numbers))
            database.executemany("INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) VALUES (?,?,1000,1,1,0,?)",
                                 ((folder, b'/bench/%d.jpg' % n, n) for n in numbers))
            database.executemany('INSERT INTO vector VALUES (?,?,?,?)', ((n, 'content', model, v.tobytes()) for n, v in zip(numbers, vectors)))
            if not whole:
                continue
            database.executemany('INSERT INTO analysis VALUES (?,?,1,?,1700000000)',
                                 ((n, name, model) for n in numbers for name in ('content', 'metadata', 'hashes', 'look', 'faces')))
            database.executemany("INSERT INTO metadata (photo_id, taken_at, taken_source, model, document) VALUES (?,?,'exif','Canon EOS 5D',?)",
                                 ((n, 1_500_000_000 + n, '{"model":"Canon EOS 5D"}') for n in numbers))
            database.executemany('INSERT INTO look VALUES (?,?,?)', ((n, random.bytes(229), random.bytes(16)) for n in numbers))
            database.executemany("INSERT INTO face (photo_id, model, x, y, width, height, score, age, male, vector) VALUES (?,'bench',10,10,90,90,.9,31,.2,?)",
                                 ((n, random.normal(0, .09, 128).astype(np.float32).tobytes()) for n in numbers))


def memory(pid):
    """Returns (own, mapped files) in MB."""
    fields = dict(line.split(':', 1) for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines())
    megabytes = lambda name: int(fields[name].split()[0]) / 1024
    return megabytes('RssAnon') + megabytes('RssShmem'), megabytes('RssFile')


def serve(hone, library, catalog=()):
    """Returns the server, its address, and the seconds until it reports ready and until it has answered a search."""
    begin = time.perf_counter()
    server = subprocess.Popen([hone, 'serve', '--library', library, '--listen', '127.0.0.1:0', '--quiet', *catalog], stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().split()[-1]
    ready = time.perf_counter() - begin
    _, page = search(url, 'first')
    assert page['results'], page
    return server, url, ready, time.perf_counter() - begin


def search(url, text):
    body = json.dumps({'text': text, 'limit': 60}).encode()
    begin = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(url + '/api/v1/search', body)) as answer:
        page = json.load(answer)
    return time.perf_counter() - begin, page


def common_options(description):
    """The options of every measurement of a large library."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument('--hone', default=str(ROOT / 'build/release/hone'))
    parser.add_argument('--photos', type=int, default=1_000_000)
    parser.add_argument('--scratch', default=tempfile.gettempdir())
    parser.add_argument('--photo', type=pathlib.Path, help='any photo; else one of deps/samples')
    return parser


def real_photo(options):
    return options.photo or next((ROOT / 'deps/samples').rglob('*.jpg'))


def one_photo_library(hone, photo, work):
    """Returns (library, folder): a library in `work` that has indexed a copy of the photo, to be grown."""
    library, folder = work / 'library', work / 'photos'
    folder.mkdir()
    shutil.copy(photo, folder)
    run(hone, 'index', folder, '--library', library, '--quiet')
    return library, folder


def main():
    parser = common_options(__doc__)
    parser.add_argument('--searches', type=int, default=200)
    parser.add_argument('--catalog', help='a server with an empty database, in the form of `hone serve --catalog`')
    options = parser.parse_args()
    photo = real_photo(options)
    work = pathlib.Path(tempfile.mkdtemp(prefix='hone-bench-', dir=options.scratch))
    try:
        library, photos = one_photo_library(options.hone, photo, work)
        (photos / photo.name).unlink()  # an empty folder counts as an unmounted disk; no scan runs during the measurement
        database = sqlite3.connect(library / 'catalog.db')
        grow(database, options.photos, options.catalog is not None)
        database.close()
        catalog = ['--catalog', options.catalog] if options.catalog else []
        mine = library
        if options.catalog:
            begin = time.perf_counter()
            run(options.hone, 'catalog', 'copy', '--from', 'sqlite', '--to', options.catalog, '--library', library, '--quiet')
            print(f'copied to the server in      {time.perf_counter() - begin:8.0f} s')
            mine = work / 'library-of-the-server'
        server, url, _, first = serve(options.hone, mine, catalog)
        first_memory = memory(server.pid)[0]
        server.terminate()
        server.wait()
        begin = time.perf_counter()
        database = sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)
        database.execute('SELECT count(*) FROM vector').fetchone()
        database.execute('SELECT count(*) FROM (SELECT photo_id FROM place WHERE state = 0 GROUP BY photo_id)').fetchone()
        database.close()
        counting = time.perf_counter() - begin
        server, url, ready, again = serve(options.hone, mine, catalog)
        try:
            search(url, 'warm up')
            taken = sorted(search(url, f'{WORDS[n % len(WORDS)]} and {WORDS[n * 7 % len(WORDS)]} {n}')[0] for n in range(options.searches))
            words = sorted(search(url, 'warm up')[0] for _ in range(options.searches))
            own, mapped = memory(server.pid)
        finally:
            server.terminate()
            server.wait()
        p = lambda values, share: values[min(len(values) - 1, int(share * len(values)))] * 1e3
        print(f'{options.photos} photos')
        print(f'start, vector files there    {ready:8.2f} s   counting the same rows in sqlite3: {counting:.2f} s, ratio {ready / counting:.1f}; first search answered {again:.2f} s')
        print(f'start that fills the files   {first:8.2f} s until the first search is answered, {first_memory:.0f} MB of private memory then')
        print(f'search, new words            {p(taken, .5):8.1f} ms median, {p(taken, .99):.1f} ms p99')
        print(f'search, words asked before   {p(words, .5):8.1f} ms median, {p(words, .99):.1f} ms p99; the words cost {statistics.median(taken) / statistics.median(words):.2f} x')
        print(f'private memory               {own:8.0f} MB beside {mapped:.0f} MB of mapped files')
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    main()
