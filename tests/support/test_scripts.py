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
                  ROOT / '.ci/run', ROOT / 'bench/run', ROOT / 'script/lib.sh', ROOT / 'script/steps.sh', ROOT / 'script/progress.sh', ROOT / 'script/suites.sh', ROOT / 'script/deploy/lib.sh',
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


def test_running_needs_no_test_packages():
    """script/server installs what is not marked "# test"; nothing of that is a browser, a second compiler or a test tool."""
    rows = [line for line in (ROOT / 'script/packages.txt').read_text().splitlines() if line.strip() and not line.startswith('#')]
    running = {line.split()[0] for line in rows if '# test' not in line}
    assert not [name for name in running if re.search('chromium|clang|gtest|gmock|debootstrap|buildah|shellcheck|benchmark', name)]
    build = (ROOT / 'script/server').read_text()
    assert 'build_only=1' in build and 'build_hone hone' in build


def test_packs_need_a_part_of_the_test_packages():
    """Both lists go into one environment, so a package must have one version."""
    packs, tests = ((ROOT / 'script' / name).read_text() for name in ('requirements-packs.txt', 'requirements.txt'))
    versions = re.findall('^[a-z][a-z0-9-]*==[0-9.]+', packs, re.M)
    assert len(versions) >= 5 and set(versions) <= set(re.findall('^[a-z][a-z0-9-]*==[0-9.]+', tests, re.M))
    assert set((ROOT / 'script/requirements-packs.in').read_text().split()) <= {name.split('==')[0] for name in versions}


STEPS = '''. script/lib.sh; . script/progress.sh
    left_of_slow() { share_left 3 4 "$2" files; }
    begin_steps quick='A quick one' slow='A slow one' broken='A broken one' never='Never begun'
    work() { step quick true; step slow sleep 1.5; }
    work & first=$!
    { sleep 0.5; step broken bash -c 'echo the reason; exit 3'; } & second=$!
    watch_steps $first $second && echo all || echo failed'''


def test_steps_are_shown(tmp_path):
    (tmp_path / 'script').mkdir()
    for name in ('lib.sh', 'progress.sh'):
        shutil.copy(ROOT / 'script' / name, tmp_path / 'script')
    done = run('bash', '-c', STEPS, cwd=tmp_path)
    assert done.stdout == 'failed\n', done
    lines = done.stderr.splitlines()
    assert any(re.match('running +A slow one .*3 of 4 files, about', line) for line in lines), lines
    assert any(re.match('done +A slow one +[12] s', line) for line in lines), lines
    assert any(re.match('failed +A broken one', line) for line in lines) and 'the reason' in lines, lines
    assert not any('quick' in line or 'Never' in line for line in lines), lines
    assert not list((tmp_path / 'deps').glob('.steps.*')), 'the states of the steps are deleted'


def test_steps_on_a_terminal_are_one_line_each(tmp_path):
    (tmp_path / 'script').mkdir()
    for name in ('lib.sh', 'progress.sh'):
        shutil.copy(ROOT / 'script' / name, tmp_path / 'script')
    (tmp_path / 'steps.sh').write_text(STEPS)
    done = run('script', '--quiet', '--command', 'bash steps.sh', '/dev/null', cwd=tmp_path, env={**os.environ, 'TERM': 'xterm'})
    assert re.search('waiting +Never begun', done.stdout) and '\x1b[4A' in done.stdout, done.stdout


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
