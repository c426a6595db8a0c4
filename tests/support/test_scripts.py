"""The shell scripts: clean, quick when there is nothing to do, and clear when something is wrong."""
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(p for p in (ROOT / 'script').rglob('*') if p.is_file() and p.read_bytes()[:2] == b'#!' and p.suffix != '.py'),
                  ROOT / '.ci/run', ROOT / 'bench/run', ROOT / 'script/lib.sh', ROOT / 'script/deploy/lib.sh',
                  *(ROOT / 'deploy/debian' / name for name in ('postinst', 'prerm', 'postrm'))])


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, **more)


def test_shellcheck():
    assert shutil.which('shellcheck'), 'script/packages.txt has it'
    found = run('shellcheck', '-x', *SCRIPTS, cwd=ROOT)
    assert found.returncode == 0, found.stdout


def test_nothing_to_do_is_quick_and_silent():
    begin = time.monotonic()
    done = run(ROOT / 'script/bootstrap', '--quiet')
    seconds = time.monotonic() - begin
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert seconds < 1, f'{seconds:.2f} s'


@pytest.mark.parametrize('args, word', [(['bootstrap', '--what'], 'usage'), (['samples', 'x'], 'usage'), (['golden', 'x'], 'usage'), (['test', 'nonsense'], 'usage'),
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
        assert kind in ('npm', 'pypi', 'trixie') and re.fullmatch('[0-9a-f]{64}', sha256), name


def test_wrong_bytes_are_thrown_away(tmp_path):
    """fetch with a pin that does not fit: says so, leaves nothing."""
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
