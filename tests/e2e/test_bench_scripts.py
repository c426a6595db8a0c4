# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick scripts of bench/ still run; their measurements are not checked."""
import shutil
import subprocess
import sys

import pytest
from conftest import HONE, ROOT


def bench(name, *options):
    run = subprocess.run([sys.executable, str(ROOT / 'bench' / name), '--hone', str(HONE), *map(str, options)], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_library():
    assert 'first search' in bench('library.py', '--photos', 200)


def test_load(photos):
    if shutil.which('wrk') is None:
        pytest.skip('wrk is not there (apt-get install wrk)')
    assert '5 idle connections, 2 busy' in bench('load.py', '--photos', photos, '--idle', 5, '--busy', 2, '--searches', 3, '--turns', 1)
