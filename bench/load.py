#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches of one user while others are connected: the median next to that of an idle server. Needs wrk.

usage: bench/load.py [--hone build/release/hone] [--photos FOLDER] [--idle 2000] [--busy 50] [--searches 150] [--turns 3]

Indexes the photos, starts `hone serve`, and measures alternately: searches with new query texts, one at a time, on an otherwise
idle server; and the same while IDLE connections are open and BUSY ones are at work. A busy connection simulates a user who
browses results: a thumbnail every 150 ms, and a search after 60 of them. Finally the same with busy connections that never
pause, at which no server can keep its idle time.
"""
import argparse
import http.client
import itertools
import json
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse

from library import WORDS, run, serve

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUSY = '''
local ids, pause = {%s}, %d
local count = math.random(60)
request = function()
   count = count + 1
   if count %% 60 == 0 then
      return wrk.format('POST', '/api/v1/search', {['Content-Type'] = 'application/json'}, '{"text": "somebody asks ' .. math.random(100000) .. '"}')
   end
   return wrk.format('GET', '/api/v1/photos/' .. ids[math.random(#ids)] .. '/thumbnail?size=240')
end
delay = function() return pause == 0 and 0 or math.random(2 * pause) end
done = function(summary)
   io.write(string.format('%%d %%d', summary.requests, summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
'''
numbers = itertools.count()


def searches(connection, count):
    """Returns the seconds of each search."""
    taken = []
    for _ in range(count):
        n = next(numbers)
        body = json.dumps({'text': f'{WORDS[n % len(WORDS)]} and {WORDS[n * 7 % len(WORDS)]} {n}', 'limit': 60})
        begin = time.perf_counter()
        connection.request('POST', '/api/v1/search', body, {'Content-Type': 'application/json'})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f'a search answers {answer.status}')
        taken.append(time.perf_counter() - begin)
    return taken


def open_idle(port, count):
    """Opens connections that have sent one request and stay open."""
    sockets = []
    for _ in range(count):
        one = socket.create_connection(('127.0.0.1', port), timeout=60)
        one.sendall(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n' % port)
        sockets.append(one)
    for one in sockets:
        if not one.recv(4096).startswith(b'HTTP/1.1 200'):
            raise SystemExit('an idle connection gets no answer')
    return sockets


class Busy:
    def __init__(self, script, url, connections):
        self.process = subprocess.Popen(['wrk', '-t1', f'-c{connections}', '-d1h', '--timeout', '60s', '-s', str(script), url], stdout=subprocess.PIPE, text=True)
        self.begin = time.perf_counter()
        time.sleep(1)

    def end(self):
        """Returns requests per second; every one must have succeeded."""
        self.process.send_signal(2)
        requests, errors = map(int, self.process.communicate()[0].split()[-2:])
        if errors:
            raise SystemExit(f'{errors} of {requests} busy requests failed')
        return requests / (time.perf_counter() - self.begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hone', default=str(ROOT / 'build/release/hone'))
    parser.add_argument('--photos', default=str(ROOT / 'deps/samples'))
    parser.add_argument('--idle', type=int, default=2000)
    parser.add_argument('--busy', type=int, default=50)
    parser.add_argument('--searches', type=int, default=150)
    parser.add_argument('--turns', type=int, default=3)
    options = parser.parse_args()
    if not shutil.which('wrk'):
        raise SystemExit('wrk is not there: apt-get install wrk')
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    work = pathlib.Path(tempfile.mkdtemp(prefix='hone-load-'))
    server = None
    try:
        run(options.hone, 'index', options.photos, '--library', work / 'library', '--quiet')
        server, url, *_ = serve(options.hone, work / 'library')
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # after the server has started with the original limit
        place = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(place.netloc, timeout=60)
        connection.request('GET', '/api/v1/photos?limit=1000')
        ids = [photo['id'] for photo in json.load(connection.getresponse())['photos']]
        scripts = {}
        for name, pause in (('busy', 150), ('without pause', 0)):
            scripts[name] = work / f'{pause}.lua'
            scripts[name].write_text(BUSY % (','.join(f'"{i}"' for i in ids), pause))
        searches(connection, 20)
        alone, among = [], []
        for _ in range(options.turns):
            alone += searches(connection, options.searches)
            idle = open_idle(place.port, options.idle)
            busy = Busy(scripts['busy'], url, options.busy)
            among += searches(connection, options.searches)
            rate = busy.end()
            for one in idle:
                one.close()
        busy = Busy(scripts['without pause'], url, options.busy)
        flood = searches(connection, options.searches)
        flood_rate = busy.end()
        milliseconds = lambda values: statistics.median(values) * 1e3
        print(f'{len(ids)} photos, median of {len(alone)} searches with new words')
        print(f'alone                                            {milliseconds(alone):6.1f} ms')
        print(f'{options.idle} idle connections, {options.busy} busy ({rate:.0f} requests/s)  {milliseconds(among):6.1f} ms, {milliseconds(among) / milliseconds(alone):.2f} times as long')
        print(f'{options.busy} that never pause ({flood_rate:.0f} requests/s)            {milliseconds(flood):6.1f} ms, {milliseconds(flood) / milliseconds(alone):.2f} times')
    finally:
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    main()
