# SPDX-License-Identifier: GPL-3.0-or-later
"""The help of the command line: groups, examples, and answers to guesses that are nearly right."""
import re

import pytest
from conftest import run_hone

GROUPS = ['Search', 'Library', 'People', 'Models', 'Server', 'Maintenance']


def commands():
    """{group: [command, ...]} as `hone --help` prints them."""
    text = run_hone('--help').ok().out
    found, group = {}, None
    for line in text.splitlines():
        head = re.fullmatch(r'(\w+):', line)
        if head:
            group = head[1]
        command = re.match(r'  ([a-z]+)\s{2,}\S', line)
        if group in GROUPS and command:
            found.setdefault(group, []).append(command[1])
    return found


def test_every_command_is_in_a_group():
    found = commands()
    assert list(found) == GROUPS and sum(map(len, found.values())) >= 22, found
    assert found['Search'][0] == 'search' and found['Server'][0] == 'serve'


def test_every_command_says_what_it_does_and_gives_an_example():
    for group in commands().values():
        for command in group:
            text = run_hone(command, '--help').ok().out
            example = re.search(rf'^Examples?:\n(  hone {command}.*\n?)+', text, re.M)
            assert example, text
            # Imperative, lower case, no full stop: "find photos like one photo or face".
            first = text.splitlines()[0]
            assert re.match(r'[a-z]', first) and not first.endswith('.'), first


def test_every_example_is_a_command_line_that_the_program_understands(library):
    """Their options exist: with --help added, nothing is unknown."""
    for group in commands().values():
        for command in group:
            text = run_hone(command, '--help').ok().out
            for line in re.findall(r'^  hone (.+)$', text[text.index('Example'):], re.M):
                options = re.findall(r'(?<!\S)(--[a-z-]+)', line)
                words = line.split()
                path = [words[0]] + ([words[1]] if words[1:] and re.search(rf'^  {re.escape(words[1])} {{2,}}[a-z]', text, re.M) else [])
                known = run_hone(*path, '--help').ok().out.split('\nExample')[0] + run_hone('--help').ok().out
                assert all(option in known for option in options), line


@pytest.mark.parametrize('args, words', [
    (('serve', '--port', '3000'), 'use --listen ADDRESS:PORT'),
    (('serve', '--listn', '127.0.0.1:0'), r'did you mean --listen\?'),
    (('search', 'a', 'dog', '--limt', '3'), r'did you mean --limit\?'),
    (('search', 'a', 'dog', '--look-word', 'red'), 'use --style-term WORD'),
    (('index', '--library-folder', 'x'), 'see hone index --help'),
    (('serch', 'a', 'dog'), 'did you mean `hone search`'),
    (('scan',), 'use `hone index FOLDER`'),
    (('models', 'instal', 'x'), 'see hone models --help'),
    (('xyzzy',), "there is no command 'xyzzy' \\(see hone --help\\)"),
    (('--frobnicate',), "there is no option '--frobnicate'"),
    (('people', 'lst'), 'did you mean `hone people list`'),
    (('people', 'add', 'x'), 'see hone people --help'),
])
def test_a_guess_is_answered(library, args, words):
    run_hone(*args, library=library).refused(2, words)
