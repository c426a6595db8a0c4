#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How true the time left is: a first scan of mixed photos with the real program.

usage: bench/time_left.py [--hone build/release/hone] [--photos 1200] [--scratch /tmp] [--folder FOLDER] [--json]

Makes the photos from the sample photos (tests/support/mixed_photos.py), or takes FOLDER. Runs `hone serve` on them, reads the status four
times per second, and prints: seconds until all files are counted, seconds of the scan, of which near duplicates, and for shares from
10 % to 90 % the time left that was shown beside the true one. The last line has the worst factor from 20 % on.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / 'tests/support'))
SHOWN_FROM = 0.2
NEARLY_OVER = 3  # seconds; a factor of so short a time says nothing


def watch(url):
    """Returns [(seconds, progress)] until the scan is over."""
    seen, begin = [], time.monotonic()
    while True:
        with urllib.request.urlopen(url + '/api/v1/status') as answer:
            progress = json.load(answer)['indexing']
        if progress['scan'] > 0:
            if not seen:
                begin = time.monotonic()
            # A change that the watcher saw can begin another scan at once.
            if seen and progress['scan'] != seen[0][1]['scan']:
                return seen
            seen.append((time.monotonic() - begin, progress))
            if progress['state'] == 'idle' and progress['total'] > 0:
                return seen
        time.sleep(0.25)


def job(progress, name):
    return next(one for one in progress['jobs'] if one['name'] == name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--hone', default=ROOT / 'build/release/hone')
    parser.add_argument('--photos', type=int, default=1200)
    parser.add_argument('--scratch', default='/tmp')
    parser.add_argument('--folder', type=pathlib.Path)
    parser.add_argument('--json', action='store_true')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        folder = arguments.folder
        if folder is None:
            from mixed_photos import make_mixed_photos
            folder = pathlib.Path(scratch) / 'photos'
            samples = [path for path in (ROOT / 'deps/samples').rglob('*') if path.suffix in ('.jpg', '.png')]
            make_mixed_photos(samples, folder, arguments.photos)
        server = subprocess.Popen([arguments.hone, 'serve', folder, '--listen', '127.0.0.1:0', '--library', f'{scratch}/library'],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = re.search(r'http://\S+', server.stdout.readline())[0]
            seen = watch(url)
        finally:
            server.terminate()
            server.wait()
    end = seen[-1][0]
    counted = next(at for at, progress in seen if progress['state'] != 'counting')
    compared = next((at for at, progress in seen if job(progress, 'duplicates')['state'] == 'running'), end)
    rows = []
    for percent in range(10, 100, 10):
        at, progress = next(((at, p) for at, p in seen if p['share'] >= percent / 100 and p['state'] == 'running'), (None, None))
        if at is not None:
            rows.append({'share': round(progress['share'], 3), 'seconds': round(at, 1), 'shown': progress['seconds_left'], 'true': round(end - at, 1)})
    worst = 1.0
    for at, progress in seen:
        true = end - at
        if progress['share'] >= SHOWN_FROM and progress['state'] == 'running' and true > NEARLY_OVER and progress['seconds_left'] is not None:
            shown = max(progress['seconds_left'], 0.1)
            worst = max(worst, shown / true, true / shown)
    shares = [progress['share'] for _, progress in seen]
    result = {'files': job(seen[-1][1], 'finding')['done'], 'seconds': round(end, 1), 'counted_after': round(counted, 1), 'comparing': round(end - compared, 1),
              'rows': rows, 'worst_factor': round(worst, 2), 'share_fell': any(b < a for a, b in zip(shares, shares[1:]))}
    if arguments.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{result['files']} files in {result['seconds']} s: counted after {result['counted_after']} s, near duplicates took {result['comparing']} s")
    for row in rows:
        shown = 'none' if row['shown'] is None else f"{row['shown']:.0f} s"
        print(f"{row['share']:4.0%} after {row['seconds']:6.1f} s: {shown:>7} left shown, {row['true']:6.1f} s true")
    print(f"worst factor from {SHOWN_FROM:.0%} on: {result['worst_factor']}; the share {'fell' if result['share_fell'] else 'never fell'}")


if __name__ == '__main__':
    main()
