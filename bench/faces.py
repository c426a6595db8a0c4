#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces by the real program compared with the reference pipeline (tests/reference/faces.py), on labelled photos.

usage: bench/faces.py [--hone build/release/hone] [--pack models/faces] [--portraits FOLDER] [--scenes FOLDER] [--yunet FOLDER]
                      [--vectors 50] [--scratch /tmp] [--reference-only]

PORTRAITS  truth.json ([{"file", "gender", "date_of_birth", "entered_office"}]) and photos in images/ and older/, named PERSON.jpg
           or PERSON__DATE.jpg: portraits with exactly one face, gender, ages inside the range, people as pairs of photos
SCENES     captions.json ([{"file", "categories"}]): false faces in photos without a person, and the fraction of YuNet-n's
           faces (0.7, 20 pixels and more) that is detected in the others
YUNET      the folder with yunet_n_dynamic.onnx
The program indexes both sets into a separate library (`hone index`) and returns the faces over HTTP (`hone serve`); then
`hone faces PHOTO --json --vectors` for some photos: the largest distance of a vector from the reference's.
"""
import argparse
import contextlib
import hashlib
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / 'shared'
sys.path[:0] = [str(ROOT / 'tests/reference'), str(ROOT / 'models/faces')]
import faces as reference  # noqa: E402
from measure_age import true_age  # noqa: E402

MISSPELT = {'brian-shcatz': 'brian-schatz', 'catherine-masto': 'catherine-cortez-masto', 'patrick-tommey': 'patrick-toomey'}
SAME_FACE = 0.3  # overlap (IoU) from which two boxes mean one face; detectors draw their boxes differently


def size(face):
    return max(face['box'][2:])


def by_reference(pack, paths):
    """Returns {path: [face in the form of `hone faces`]}; people by single links below the manifest's distance."""
    found, members = {}, []
    for path in paths:
        found[path] = []
        for f in pack(reference.load_rgb(path)):
            face = {'box': f['box'], 'score': f['score'], 'vector': f.get('vector'), 'person': None}
            if 'age' in f:
                face['age'] = reference.age_range(pack.manifest['age-gender']['age_range'], f['age'])
                face['gender'] = {'male': f['male'], 'female': 1 - f['male']}
            if face['vector'] is not None:
                members.append(face)
            found[path].append(face)
    embedder = pack.manifest['face-embedder']
    link = embedder['link'] if embedder['metric'] == 'l2' else np.sqrt(2 - 2 * embedder['link'])
    vectors = np.array([face['vector'] for face in members])
    for n, face in enumerate(members):
        face['person'] = n
    for a in range(len(members)):
        for b in np.nonzero(np.linalg.norm(vectors[a + 1:] - vectors[a], axis=1) < link)[0] + a + 1:
            one, other = members[a]['person'], members[b]['person']
            if one != other:
                for face in members:
                    if face['person'] == other:
                        face['person'] = one
    return found


def ask(url, path):
    with urllib.request.urlopen(f'{url}/api/v1{path}', timeout=60) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def serving(arguments, library):
    process = subprocess.Popen([arguments.hone, 'serve', '--listen', '127.0.0.1:0', '--library', library], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().split()[-1].rstrip('/')
        while (status := ask(url, '/status'))['scans'] < 1 or status['indexing']['state'] != 'idle':
            time.sleep(.2)
        yield url
    finally:
        process.terminate()
        process.wait()


def by_hone(arguments, library, paths):
    """The same, by the program."""
    folders = sorted({str(path.parent) for path in paths})
    begin = time.perf_counter()
    subprocess.run([arguments.hone, 'index', '--library', library, '--quiet', *folders], check=True, stdout=subprocess.DEVNULL)
    print(f'hone index: {len(paths)} photos in {time.perf_counter() - begin:.0f} s', file=sys.stderr)
    found = {}
    with serving(arguments, library) as url:
        for path in paths:
            answer = ask(url, f'/photos/{hashlib.sha256(path.read_bytes()).hexdigest()}/faces')
            if not answer['analyzed']:
                raise SystemExit(f'{path} was not read for faces: {answer.get("why")}')
            found[path] = [{**face, 'person': face['person'] and face['person']['id']} for face in answer['faces']]
    return found


def pair_f1(identity, person):
    """F1 over pairs of photos: pairs of one true person against pairs of one detected person."""
    right = found = true = 0
    for a, b in itertools.combinations(identity, 2):
        same, put = identity[a] == identity[b], person[a] is not None and person[a] == person[b]
        right, found, true = right + (same and put), found + put, true + same
    return 2 * right / (found + true) if found + true else 0.0


def portraits(folder, rows, found):
    """Returns [(name, value)]."""
    largest = {path: max(f, key=size, default=None) for path, f in found.items()}
    own = {folder / row['file']: row for row in rows}
    one = sum(len(found[path]) == 1 for path in own)
    gender = age = estimates = 0
    for path, row in own.items():
        face = largest[path]
        if face and face.get('age'):
            estimates += 1
            gender += (face['gender']['male'] > .5) == (row['gender'] == 'male')
            age += face['age'][0] <= true_age(row) < face['age'][1] + 1
    names = {path: path.stem.split('__')[0] for path in found}
    identity = {path: MISSPELT.get(name, name) for path, name in names.items()}
    f1 = pair_f1(identity, {path: face and face['person'] for path, face in largest.items()})
    return [(f'portraits with exactly one face, of {len(own)}', one), ('portraits with an estimate', estimates), ('gender right', gender),
            ('true age inside the range', age), (f'pair F1 of people, {len(found)} photos of {len(set(identity.values()))}', f'{f1:.4f}')]


def scenes(folder, rows, found, yunet):
    """yunet: {path: faces of YuNet-n}, or None."""
    empty = [folder / row['file'] for row in rows if row['categories'] and 'person' not in row['categories']]
    false = [len(found[path]) for path in empty]
    lines = [(f'false faces (photos) in {len(empty)} photos without a person', f'{sum(false)} ({sum(n > 0 for n in false)})')]
    if yunet:
        wanted = [(path, face) for path, f in yunet.items() if path not in set(empty) for face in f if min(face['box'][2:]) >= reference.LEAST_EMBEDDED]
        hit = sum(any(reference.iou(face['box'], other['box']) >= SAME_FACE for other in found[path]) for path, face in wanted)
        lines.append((f'found of the {len(wanted)} faces of YuNet-n', hit))
    return lines


def show(lines, others=None):
    for n, (what, value) in enumerate(lines):
        print(f'{what:62} {value!s:>10}' + (f' {others[n][1]!s:>10}' if others else ''))


def vectors(arguments, expected):
    """Returns the largest distance of the program's vectors from the reference's. expected: {path: (library, faces)}."""
    worst, count, missing = 0.0, 0, 0
    for path, (library, there) in expected.items():
        done = subprocess.run([arguments.hone, 'faces', path, '--json', '--vectors', '--library', library], check=True, stdout=subprocess.PIPE)
        told = json.loads(done.stdout)['faces']
        for face in there:
            if face['vector'] is None:
                continue
            same = max(told, key=lambda f: reference.iou(f['box'], face['box']), default=None)
            if same is None or reference.iou(same['box'], face['box']) < SAME_FACE or not same.get('vector'):
                missing += 1
                continue
            count += 1
            worst = max(worst, float(np.linalg.norm(np.array(same['vector']) - face['vector'])))
    print(f'vectors of {count} faces in {len(expected)} photos: at most {worst:.3f} from the reference\'s; {missing} faces without one')


def speed(arguments, scratch):
    """The whole analyzer compared with its networks alone, and YuNet + MobileFace compared with the pack."""
    models = scratch / 'models'
    shutil.copytree(arguments.pack, models / 'faces')
    beside = [arguments.yunet / 'yunet_n_dynamic.onnx', arguments.yunet.parent / 'mobileface-v2/mobileface_v2.onnx',
              arguments.pack / 'face_agegender.onnx']
    if all(path.is_file() for path in beside):
        shutil.copytree(ROOT / 'models/faces-yunet', models / 'faces-yunet', dirs_exist_ok=True)
        for path in beside:
            shutil.copy(path, models / 'faces-yunet')
    else:
        print(f'speed of YuNet: skipped, its networks are not in {arguments.yunet.parent}')
    for photos in arguments.portraits / 'images', arguments.scenes / 'images':
        if photos.is_dir():
            print(f'{photos.parent.name}, long side 640, one thread:')
            print(subprocess.run([arguments.hone, 'bench', 'faces', '--photos', photos, '--models', models], check=True,
                                 capture_output=True, text=True).stdout, end='')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hone', default=str(ROOT / 'build/release/hone'))
    parser.add_argument('--pack', type=pathlib.Path, default=ROOT / 'models/faces')
    parser.add_argument('--portraits', type=pathlib.Path, default=SHARED / 'photos/faces-us-senate')
    parser.add_argument('--scenes', type=pathlib.Path, default=SHARED / 'photos/coco-captions')
    parser.add_argument('--yunet', type=pathlib.Path, default=SHARED / 'models/yunet')
    parser.add_argument('--vectors', type=int, default=50)
    parser.add_argument('--scratch', type=pathlib.Path, default='/tmp')
    parser.add_argument('--reference-only', action='store_true')
    arguments = parser.parse_args()
    pack = reference.FacePack(arguments.pack)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix='hone-bench-', dir=arguments.scratch))
    expected = {}
    print(f'{pack.manifest["name"]}: {"reference" if arguments.reference_only else "hone, reference"}')
    try:
        if arguments.portraits.is_dir():
            rows = json.loads((arguments.portraits / 'truth.json').read_text())
            paths = sorted(p for name in ('images', 'older') for p in (arguments.portraits / name).glob('*.jpg'))
            there = by_reference(pack, paths)
            library = str(scratch / 'portraits')
            expected.update({path: (library, there[path]) for path in paths[:arguments.vectors // 2]})
            lines = [portraits(arguments.portraits, rows, there)]
            if not arguments.reference_only:
                lines.insert(0, portraits(arguments.portraits, rows, by_hone(arguments, library, paths)))
            show(*lines)
        else:
            print(f'portraits: skipped, there is no {arguments.portraits}')
        if arguments.scenes.is_dir():
            rows = json.loads((arguments.scenes / 'captions.json').read_text())
            paths = sorted(arguments.scenes / row['file'] for row in rows)
            there, yunet = by_reference(pack, paths), {}
            if arguments.yunet.is_dir():
                other = reference.FacePack(ROOT / 'models/faces-yunet', ('face-detector',), arguments.yunet)
                yunet = {path: other.detect(reference.load_rgb(path)) for path in paths}
            else:
                print(f'faces of YuNet-n: skipped, there is no {arguments.yunet}')
            library = str(scratch / 'scenes')
            with_vectors = [path for path in paths if any(face['vector'] is not None for face in there[path])]
            expected.update({path: (library, there[path]) for path in with_vectors[:arguments.vectors - len(expected)]})
            lines = [scenes(arguments.scenes, rows, there, yunet)]
            if not arguments.reference_only:
                lines.insert(0, scenes(arguments.scenes, rows, by_hone(arguments, library, paths), yunet))
            show(*lines)
        else:
            print(f'scenes: skipped, there is no {arguments.scenes}')
        if expected and not arguments.reference_only:
            vectors(arguments, expected)
        if not arguments.reference_only:
            speed(arguments, scratch)
    finally:
        shutil.rmtree(scratch)


if __name__ == '__main__':
    main()
