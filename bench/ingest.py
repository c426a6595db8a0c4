#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans of large folders with the real program: time and memory.

usage: bench/ingest.py [--hone build/release/hone] [--photos 100000] [--files 1000000] [--scratch /tmp] [--photo FILE] [--new FILE]

1. N small real photos (copies of FILE, each with a different byte after the image data). The program indexes one of them; its
   results are copied directly into the catalogue and the thumbnail folder for the others, which saves an hour of decoding.
   Then `hone index` runs twice; the second scan is printed, next to `find -printf` of the same facts. Then `hone serve`
   on the same library: seconds from the end of a copy of NEW into the folder until a search for its name finds it, five times.
2. M tiny files in 1000 folders, no photos: `hone index`, peak memory, next to the same `find`.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def measured(*command):
    """Returns (seconds and seconds of processor time as text, peak RSS in MB) of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f'{command[0]} {command[1]} ended with {process.returncode}')
    return f'{time.perf_counter() - begin:.1f} s ({usage.ru_utime + usage.ru_stime:.1f} s of processor time)', usage.ru_maxrss / 1024


def find(folder):
    return measured('find', str(folder), '-type', 'f', '-printf', '%s %T@ %i\\n')[0]


def seed(library, photos, first, copies):
    """Registers all copies in the library with the results of the first."""
    database = sqlite3.connect(library / 'catalog.db')
    database.execute('PRAGMA synchronous = OFF')
    number, sha = database.execute('SELECT photo.id, sha FROM photo JOIN place ON photo_id = photo.id WHERE path = ?', (os.fsencode(first),)).fetchone()
    folder = database.execute('SELECT id FROM folder').fetchone()[0]
    old = sha.hex()
    like_the_first = []
    for table in ('analysis', 'vector', 'metadata', 'look'):
        columns = [row[1] for row in database.execute(f'PRAGMA table_info({table})') if row[1] != 'photo_id']
        insert = f'INSERT INTO {table} (photo_id, {", ".join(columns)}) VALUES (?{", ?" * len(columns)})'
        for row in database.execute(f'SELECT {", ".join(columns)} FROM {table} WHERE photo_id = ?', (number,)):
            like_the_first.append((insert, row))
    thumbnails = {size: library / 'thumbs' / old[:2] / f'{old}-{size}.webp' for size in (240, 480, 1080)}
    with database:
        for at, copy in enumerate(copies):
            new = hashlib.sha256(copy.read_bytes()).digest()
            facts = copy.stat()
            (photo,) = database.execute('INSERT INTO photo (sha, bytes, width, height, format, color, added_at) SELECT ?, ?, width, height, format, color, added_at '
                                        'FROM photo WHERE id = ? RETURNING id', (new, facts.st_size, number)).fetchone()
            database.execute('INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) VALUES (?,?,?,?,?,0,?)',
                             (folder, os.fsencode(copy), facts.st_size, facts.st_mtime_ns, facts.st_ino, photo))
            for insert, row in like_the_first:
                database.execute(insert, (photo, *row))
            for size, thumbnail in thumbnails.items():
                target = library / 'thumbs' / new.hex()[:2] / f'{new.hex()}-{size}.webp'
                target.parent.mkdir(exist_ok=True)
                if at % 50_000 == 49_999:  # a file has at most 65,000 links on ext4
                    shutil.copyfile(thumbnail, target)
                    thumbnails[size] = target
                else:
                    os.link(thumbnail, target)
    database.close()


def bench_photos(arguments, scratch):
    folder, library = scratch / 'photos', scratch / 'library'
    folder.mkdir()
    bytes_ = arguments.photo.read_bytes()
    first = folder / 'first.jpg'
    first.write_bytes(bytes_)
    subprocess.run([arguments.hone, 'index', '--library', library, folder, '--quiet'], check=True, stdout=subprocess.DEVNULL)
    copies = []
    for n in range(1, arguments.photos):
        copy = folder / f'{n // 1000:03}' / f'{n:07}.jpg'
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(bytes_ + n.to_bytes(4, 'little'))
        copies.append(copy)
    seed(library, folder, first, copies)
    measured(arguments.hone, 'index', '--library', str(library), '--quiet')  # fills the vector file
    seconds, rss = measured(arguments.hone, 'index', '--library', str(library), '--quiet')
    print(f'{arguments.photos} photos: second scan {seconds}, peak RSS {rss:.0f} MB; find: {find(folder)}')
    bench_watch(arguments, folder, library)


def ask(url, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f'{url}/api/v1{path}', data, {'Content-Type': 'application/json'}), timeout=60) as answer:
        return json.loads(answer.read())


def bench_watch(arguments, folder, library):
    process = subprocess.Popen([arguments.hone, 'serve', '--listen', '127.0.0.1:0', '--library', str(library)], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().split()[-1]
        while (status := ask(url, '/status'))['scans'] < 1 or status['indexing']['state'] != 'idle':
            time.sleep(.2)
        seconds = []
        for n in range(5):
            name = f'newcomer{n}'
            (folder / f'{name}{arguments.new.suffix}').write_bytes(arguments.new.read_bytes() + bytes([n]))
            begin = time.perf_counter()
            while not any(name in photo['path'] for photo in ask(url, '/search', {'text': name, 'limit': 1})['results']):
                if time.perf_counter() - begin > 60:
                    raise SystemExit(f'{name} is not found')
                time.sleep(.05)
            seconds.append(time.perf_counter() - begin)
            while ask(url, '/status')['indexing']['state'] != 'idle':
                time.sleep(.05)
        print(f'{arguments.photos} photos: a copy is found by search after {", ".join(f"{s:.1f}" for s in seconds)} s')
    finally:
        process.terminate()
        process.wait()


def bench_files(arguments, scratch):
    folder, library = scratch / 'files', scratch / 'library'
    for directory in range(1000):
        path = folder / f'{directory:03}'
        path.mkdir(parents=True)
        for n in range(arguments.files // 1000):
            with open(path / f'{n}.txt', 'w') as file:
                file.write('nearly nothing')
    seconds, rss = measured(arguments.hone, 'index', '--library', str(library), str(folder), '--quiet')
    again, rss_again = measured(arguments.hone, 'index', '--library', str(library), '--quiet')
    print(f'{arguments.files} files other than photos: first walk {seconds}, peak RSS {rss:.0f} MB; '
          f'again {again}, {rss_again:.0f} MB; find: {find(folder)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hone', default=str(ROOT / 'build/release/hone'))
    parser.add_argument('--photos', type=int, default=100_000)
    parser.add_argument('--files', type=int, default=1_000_000)
    parser.add_argument('--scratch', type=pathlib.Path, default='/tmp')
    parser.add_argument('--photo', type=pathlib.Path, default=ROOT / 'tests/fuzz/seeds/decode_photo/small.jpeg')
    parser.add_argument('--new', type=pathlib.Path, default=ROOT / 'deps/samples/opencv/fruits.jpg')
    arguments = parser.parse_args()
    for bench, wanted in ((bench_photos, arguments.photos), (bench_files, arguments.files)):
        if wanted <= 0:
            continue
        scratch = pathlib.Path(tempfile.mkdtemp(prefix='hone-bench-', dir=arguments.scratch))
        try:
            bench(arguments, scratch)
        finally:
            shutil.rmtree(scratch)


if __name__ == '__main__':
    main()
