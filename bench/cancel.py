#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a request ends for which nobody waits any more, with the real program.

usage: bench/cancel.py [--photos 100000] [--moments 12] [--json] [--kind NAME ...] [--hone build/release/hone] [--scratch /tmp] [--photo FILE]

Makes a library of N photos with a face each, copies, versions and bursts (the catalogue's rows only, as bench/scale.py does), and
starts `hone serve` with its default settings. Each kind of long request is first answered three times (once, if it takes more than
5 s). Then it is sent again and again, and the connection is closed at moments spread over that time (over the first 5 s). Prints
milliseconds from closing the connection until the server works on no request any more (hone_requests_running of /metrics, asked
without a pause): the median and the largest. They include the time until the server notices that the client has left (it looks
every 50 ms), and one answer of /metrics.

  answer_ms   median of the request, answered
  cancelled   how often the server still worked on the request when the connection was closed; the others had ended
  cpu_ms      the most CPU time of the server from closing the connection to the end, on all processors, with the answers of
              /metrics: unlike the times, it hardly depends on what else the machine does
  after_ms    the most CPU time of the server in the 100 ms after that: nothing continues in secret
"""
import contextlib
import hashlib
import http.client
import json
import pathlib
import shutil
import sqlite3
import statistics
import tempfile
import time
import urllib.parse

from library import WORDS, common_options, one_photo_library, real_photo
from scale import Server, grow


LONG = 5  # seconds; of longer requests only the beginning is looked at


def id_of(number):
    return hashlib.sha256(b'%d' % number).hexdigest()


def enrich(database):
    """Of each ten photos two are the same picture and one has two files; one person has a tenth of the faces."""
    folder = database.execute("SELECT id FROM folder WHERE path = CAST('/bench' AS BLOB)").fetchone()[0]
    with database:
        database.execute("INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) SELECT folder_id, CAST('/bench/copies/' || id AS BLOB), size, 2, -id, 0, photo_id FROM place WHERE folder_id = ? AND photo_id % 10 = 3", (folder,))
        database.execute('INSERT INTO same_picture SELECT id, id + 1, 30, .9, 1 FROM photo WHERE id % 10 = 5 AND id < (SELECT max(id) FROM photo)')
        database.execute('UPDATE face SET person_id = (SELECT min(id) FROM person), confirmed = 1 WHERE id % 10 = 0')


class Words:
    """Words that nobody has asked for, so that the network is in the time."""
    asked = 0

    @classmethod
    def new(cls):
        cls.asked += 1
        return f'{WORDS[cls.asked % len(WORDS)]} and {WORDS[cls.asked * 7 % len(WORDS)]} {cls.asked}'


def kinds(photos, face, person):
    """name -> function that makes (path, document); without a document it is a GET."""
    ids = [id_of(number) for number in range(2, photos + 1)]
    likes, dislikes, seen = ids[:200], ids[200:400], ids[:60_000]

    def search(**fields):
        return lambda: ('/search', {**fields, **({'text': Words.new()} if 'text' in fields else {})})

    def get(path, **fields):
        return lambda: (path + '?' + urllib.parse.urlencode(fields), None)

    found = {
        'words': search(text=''),
        'words, page 500': search(text='', offset=30_000, limit=60),
        'words, 1000 results': search(text='', limit=1000),
        'words, diverse': search(text='', diverse=True, limit=1000),
        'words, filter': search(text='', filter='name:7 OR rating:5 OR camera:EOS'),
        'words, 200 likes, 200 dislikes, 60,000 seen': search(text='', like=likes, unlike=dislikes, seen=seen),
        '60,000 seen only': search(text='', seen=seen),
        '200 likes and dislikes, 1000 results': search(text='', like=likes, unlike=dislikes, limit=1000),
        'by a photo': search(**{'from': ids[0]}),
        'by likes, all facets': search(like=likes[:20], unlike=dislikes[:20], facets={'style': 2, 'people': 2, 'moment': 2}),
        'filter only': search(filter='name:7 OR rating:5 OR camera:EOS', limit=1000),
        'similar photos': get(f'/photos/{ids[0]}/similar', limit=1000),
        'photos, the oldest': get('/photos', offset=photos - 1000, limit=1000),
        'photos, filter': get('/photos', filter='name:7 OR rating:5 OR camera:EOS', limit=1000),
        'people': get('/people', limit=10_000, singles='true', hidden='true'),
        'a person': get(f'/people/{person}', limit=10_000),
        'questions': get('/people/questions', limit=1000),
        'similar faces': get(f'/faces/{face}/similar', limit=1000),
    }
    for method in ('average', 'rocchio', 'fit', 'fit-data', 'bayes', 'propagate'):
        found[f'method {method}'] = search(text='', like=likes, unlike=dislikes, seen=seen, method=method)
    for kind in ('exact', 'near', 'burst'):
        found[f'duplicates, {kind}'] = get('/duplicates', kind=kind, limit=1000)
    return found


class Client:
    def __init__(self, server):
        self.server = server
        self.address = urllib.parse.urlsplit(server.url).netloc
        self.watch()

    def watch(self):
        """Opens a new connection for the metrics: the server closes one that rests for a minute."""
        self.watcher = http.client.HTTPConnection(self.address)

    def send(self, path, document):
        connection = http.client.HTTPConnection(self.address)
        body = None if document is None else json.dumps(document)
        connection.request('GET' if body is None else 'POST', '/api/v1' + path, body)
        return connection

    def answer(self, path, document):
        """Seconds until the whole answer is there."""
        with contextlib.closing(self.send(path, document)) as connection:
            begin = time.perf_counter()  # the request is sent
            answer = connection.getresponse()
            body = answer.read()
            if answer.status not in (200, 503):  # 503: it takes longer than the server allows
                raise SystemExit(f'{path}: {answer.status} {body[:300]}')
            return time.perf_counter() - begin

    def state(self):
        """Whether the server works on another request than this one, and its CPU time until now in ms."""
        self.watcher.request('GET', '/metrics')
        values = dict(line.rsplit(' ', 1) for line in self.watcher.getresponse().read().decode().splitlines() if not line.startswith('#'))
        return float(values['hone_requests_running']) > 1, float(values['process_cpu_seconds_total']) * 1000

    def cancel(self, path, document, after):
        """Closes the connection after so many seconds. Returns whether the server worked then, the ms until it did not, its CPU time in ms until then, and in the 100 ms that follow."""
        connection = self.send(path, document)
        time.sleep(after)
        worked, before = self.state()
        connection.close()
        begin = time.perf_counter()
        busy, cpu = self.state()
        while busy:
            busy, cpu = self.state()
        end = time.perf_counter()
        time.sleep(.1)
        return worked, (end - begin) * 1000, cpu - before, self.state()[1] - cpu


def measure(client, make, moments):
    client.watch()
    answers = [client.answer(*make())]
    while len(answers) < 3 and answers[0] < LONG:
        answers.append(client.answer(*make()))
    client.watch()
    answer = statistics.median(answers)
    ends = [client.cancel(*make(), min(answer, LONG) * (moment + .5) / moments) for moment in range(moments)]
    working = [end for end in ends if end[0]]
    return {'answer_ms': answer * 1000, 'cancelled': len(working),
            'median_ms': statistics.median(end[1] for end in working) if working else None, 'largest_ms': max((end[1] for end in working), default=None),
            'cpu_ms': max((end[2] for end in working), default=None), 'after_ms': max(end[3] for end in ends)}


COLUMNS = 'answer_ms', 'cancelled', 'median_ms', 'largest_ms', 'cpu_ms', 'after_ms'


def show(name, figure):
    print(f'{name:46}' + ''.join(f'{"-" if figure[column] is None else round(figure[column]):>11}' for column in COLUMNS), flush=True)


def main():
    parser = common_options(__doc__)
    parser.set_defaults(photos=100_000)
    parser.add_argument('--moments', type=int, default=12, help='how often each request is cancelled')
    parser.add_argument('--kind', action='append', help='only requests whose name begins so; repeatable')
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args()
    photo = real_photo(options)
    work = pathlib.Path(tempfile.mkdtemp(prefix='hone-cancel-', dir=options.scratch))
    try:
        library, _ = one_photo_library(options.hone, photo, work)
        with contextlib.closing(sqlite3.connect(library / 'catalog.db')) as database:
            grow(database, options.photos, options.photos)
            enrich(database)
        with contextlib.closing(Server(options.hone, library)) as server:  # fills the vector files, groups the faces
            server.idle()
        with contextlib.closing(Server(options.hone, library)) as server:
            server.idle()
            with contextlib.closing(sqlite3.connect(library / 'catalog.db')) as database:
                with database:
                    database.execute('UPDATE folder SET reachable = 1')  # the scan has found out that the made folder is away
                face, person = database.execute('SELECT max(id), min(person_id) FROM face WHERE person_id IS NOT NULL').fetchone()
            client = Client(server)
            while client.state()[0]:
                time.sleep(.1)
            figures = {}
            if not options.json:
                print(f'{options.photos} photos; ms from closing the connection until the server works on no request')
                print(f'{"":46}' + ''.join(f'{column:>11}' for column in COLUMNS))
            for name, make in kinds(options.photos, face, person).items():
                if options.kind and not any(name.startswith(kind) for kind in options.kind):
                    continue
                figures[name] = measure(client, make, options.moments)
                if not options.json:
                    show(name, figures[name])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    largest = max((figure['largest_ms'] or 0 for figure in figures.values()), default=0)
    if options.json:
        print(json.dumps({'photos': options.photos, 'requests': figures, 'largest_ms': largest}, indent=2))
    else:
        print(f'largest of all: {largest:.0f} ms')


if __name__ == '__main__':
    main()
