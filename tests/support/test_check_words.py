# SPDX-License-Identifier: GPL-3.0-or-later
"""script/check-words: the repository is clean, and a planted phrase, old name or misspelling is found with file and line."""
import fnmatch
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / 'script/check-words'


def run(*args, check=CHECK):
    return subprocess.run([check, *map(str, args)], capture_output=True, text=True)


def test_the_repository_is_clean():
    done = run()
    assert (done.returncode, done.stdout) == (0, ''), done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path):
    """A repository of its own with the check and nothing else."""
    shutil.copytree(ROOT / 'script/words', tmp_path / 'script/words')
    shutil.copy(CHECK, tmp_path / 'script')
    (tmp_path / 'deps/venv/bin').mkdir(parents=True)
    (tmp_path / 'deps/venv/bin/codespell').symlink_to(ROOT / 'deps/venv/bin/codespell')
    (tmp_path / '.gitignore').write_text('/deps/\n')
    subprocess.run(['git', 'init', '-q'], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize('name, line, advice', [
    ('src/search/engine.cpp', '// The reader shall be told.', 'must'),
    ('src/search/engine.cpp', 'void f(const LookSpaces& spaces);', 'Style'),
    ('src/search/engine.cpp', 'result["look_words"] = words;', 'style'),
    ('docs/people.md', 'A photo that is no photo of a person.', 'not a'),
    ('docs/install.md', 'Decoders run behind a wall.', 'sandbox'),
    ('web/src/lib/api.ts', "export const from = 'passed';", 'implicit negatives'),
    ('tests/e2e/test_x.py', "hone('duplicates', '--kind moment')", 'burst'),
    ('script/test', '# What is read can be searched.', 'noun'),
    ('docs/rounds.md', 'A mistake is mended by an undo.', 'fix'),
    ('docs/rounds.md', 'Recieve the next page.', 'Receive'),
])
def test_a_planted_phrase_is_found(tree, name, line, advice):
    planted = tree / name
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(f'A good line.\n{line}\n')
    done = run(check=tree / 'script/check-words')
    assert done.returncode == 1, done
    assert done.stdout.startswith(f'{name}:2: ') and advice in done.stdout, done.stdout


@pytest.mark.parametrize('line', ['There is no such photo.', 'It is no longer available.', 'Look at the photo again.', 'mirrored photos', 'It stays in place.',
                                  'A moment later it passed.', 'Pull the model from a hub.'])
def test_plain_english_passes(tree, line):
    (tree / 'docs').mkdir()
    (tree / 'docs/page.md').write_text(line + '\n')
    done = run(check=tree / 'script/check-words')
    assert (done.returncode, done.stdout) == (0, ''), done


def test_an_exception_needs_a_reason(tree):
    (tree / 'script/words/exceptions.txt').write_text('docs/*|look|\n')
    done = run(check=tree / 'script/check-words')
    assert done.returncode == 1 and 'exceptions.txt:1' in done.stderr, done


def test_every_exception_is_still_needed():
    """A pattern that matches no file any more must go."""
    listed = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for line in (ROOT / 'script/words/exceptions.txt').read_text().splitlines():
        if line.strip() and not line.startswith('#'):
            pattern = line.partition('|')[0]
            assert any(fnmatch.fnmatch(name, pattern) for name in listed), f'no file matches {pattern}'
