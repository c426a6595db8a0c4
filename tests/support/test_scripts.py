# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell scripts: no lint, fast when there is no work, and clear errors."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(p for p in (ROOT / 'script').rglob('*') if p.is_file() and p.read_bytes()[:2] == b'#!' and b'sh' in p.read_bytes().split(b'\n', 1)[0]),
                  ROOT / '.ci/run', ROOT / 'bench/run', ROOT / 'script/lib.sh', ROOT / 'script/suites.sh', ROOT / 'script/deploy/lib.sh',
                  *(ROOT / 'deploy/debian' / name for name in ('postinst', 'prerm', 'postrm'))])


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, **more)


def test_shellcheck():
    assert shutil.which('shellcheck'), 'script/packages.txt has it'
    found = run('shellcheck', '-x', *SCRIPTS, cwd=ROOT)
    assert found.returncode == 0, found.stdout


def products():
    """{path: (size, time)} of everything that script/bootstrap makes, but for caches and the logs of tests."""
    kept = {}
    for folder in ('deps/.stamps', 'deps/venv/bin', 'deps/onnxruntime', 'models', 'web/node_modules/.bin', 'deps/surrealdb'):
        for path in (ROOT / folder).rglob('*'):
            if '__pycache__' not in path.parts:
                state = path.lstat()
                kept[path] = (state.st_size, state.st_mtime_ns)
    return kept


def test_nothing_to_do_does_nothing_and_is_silent():
    before = products()
    assert len(before) > 100
    done = run(ROOT / 'script/bootstrap', '--quiet')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert products() == before


@pytest.mark.parametrize('args, word', [(['bootstrap', '--what'], 'usage'), (['samples', 'x'], 'usage'), (['golden', 'x'], 'usage'), (['test', 'nonsense'], 'usage'), (['test-long', 'nonsense'], 'usage'),
                                        (['server', '--what'], 'usage'), (['fuzz', '20', 'nonsense'], 'usage'), (['test-deploy', 'nonsense'], 'usage'),
                                        (['package', 'a', 'b'], 'usage')])
def test_wrong_usage(args, word):
    done = run(ROOT / 'script' / args[0], *args[1:])
    assert done.returncode == 2 and word in done.stderr, done


def test_server_says_what_is_missing(tmp_path):
    done = run(ROOT / 'script/server', '/no/such/folder')
    assert done.returncode == 1 and done.stderr.count('\n') == 1 and '/no/such/folder' in done.stderr, done
    done = run(ROOT / 'script/server', stdin=subprocess.DEVNULL, env={**os.environ, 'HOME': str(tmp_path)})
    assert done.returncode == 2 and '--samples' in done.stderr, done


def test_pins_are_whole():
    rows = [line.split() for line in (ROOT / 'script/pins.txt').read_text().splitlines() if line.strip() and not line.startswith('#')]
    assert len(rows) == len({row[1] for row in rows}) >= 4
    for kind, name, version, sha256 in rows:
        assert kind in ('npm', 'pypi', 'sdist', 'trixie') and re.fullmatch('[0-9a-f]{64}', sha256), name


def test_wrong_bytes_are_thrown_away(tmp_path):
    """fetch with a wrong pin reports it and leaves no file."""
    (tmp_path / 'script').mkdir()
    shutil.copy(ROOT / 'script/lib.sh', tmp_path / 'script')
    (tmp_path / 'script/pins.txt').write_text(f'npm thing 1.0.0 {"0" * 64}\n')
    fake = tmp_path / 'bin'
    fake.mkdir()
    (fake / 'npm').write_text('#!/bin/sh\necho wrong > "$4/thing-1.0.0.tgz"\n')
    (fake / 'npm').chmod(0o755)
    done = run('bash', '-c', '. script/lib.sh; fetch thing "$PWD/out"', cwd=tmp_path, env={**os.environ, 'PATH': f'{fake}:{os.environ["PATH"]}'})
    assert done.returncode == 1 and 'wrong SHA-256' in done.stderr, done
    assert list((tmp_path / 'out').iterdir()) == []


def test_stamps(tmp_path):
    script = '''. script/lib.sh
    touch product
    fresh step hash1 product && echo early
    done_with step hash1
    fresh step hash1 product && echo fresh
    fresh step hash2 product && echo other
    rm product
    fresh step hash1 product && echo gone
    true'''
    (tmp_path / 'script').mkdir()
    shutil.copy(ROOT / 'script/lib.sh', tmp_path / 'script')
    done = run('bash', '-c', script, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, 'fresh\n', ''), done
