# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's view: structured logs, probes, metrics, completions and the manual page."""
import datetime
import json
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, run_hone, run_server, use_model

WORDS = 'zebra crossing at noon'


@pytest.fixture(scope='module')
def served(samples, tmp_path_factory):
    """(server, its library) with three photos, logging JSON at the most verbose level."""
    folder, library = tmp_path_factory.mktemp('photos'), tmp_path_factory.mktemp('library') / 'library'
    for name in ('coffee.png', 'rocket.jpg'):
        shutil.copy(samples / 'scikit-image' / name, folder)
    (folder / 'broken.jpg').write_bytes(b'\xff\xd8\xff\xe0 nothing more')
    with run_server(folder, library=library, args=['--log-format', 'json', '--verbose']) as server:
        server.wait_idle(searchable=2)
        yield server, library


def metrics_of(server):
    answer = server.request('GET', '/metrics')
    assert answer.status == 200 and answer.headers['Content-Type'].startswith('text/plain; version=0.0.4'), answer
    values, types = {}, {}
    for line in answer.body.decode().splitlines():
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            types[name] = kind
        elif line and not line.startswith('#'):
            name, value = line.rsplit(' ', 1)
            values[name] = float(value)
    return values, types


def test_metrics(served):
    server, _ = served
    before, types = metrics_of(server)
    assert before['hone_photos'] == 2 and before['hone_photos_searchable'] == 2 and before['hone_files_failed'] == 1
    states = {name: value for name, value in before.items() if name.startswith('hone_scan_state{')}
    assert states == {f'hone_scan_state{{state="{s}"}}': float(s == 'idle') for s in ('idle', 'counting', 'running', 'paused')}
    assert before['hone_ready'] == 1 and before['hone_scans_total'] >= 1
    assert before['hone_requests_running'] == 1 and before['hone_http_connections'] >= 1  # this one
    assert before['process_resident_memory_bytes'] > 10e6 and before['process_open_fds'] > 5 and before['process_cpu_seconds_total'] > 0
    for _ in range(3):
        server.search(WORDS)
    after, _ = metrics_of(server)
    name = 'hone_search_duration_seconds'
    assert after[name + '_count'] - before[name + '_count'] == 3 and after[name + '_sum'] > before[name + '_sum']
    buckets = [value for key, value in after.items() if key.startswith(name + '_bucket')]
    assert buckets == sorted(buckets) and after[name + '_bucket{le="+Inf"}'] == after[name + '_count']
    # Prometheus' conventions: counters end in _total, nothing else does, and every metric has a help text.
    for metric, kind in types.items():
        assert metric.endswith('_total') == (kind == 'counter'), metric
    assert set(re.findall(r'^# HELP (\S+)', server.request('GET', '/metrics').body.decode(), re.M)) == set(types)


def test_the_dashboard_asks_for_what_is_there(served):
    server, _ = served
    values, _ = metrics_of(server)
    there = {name.split('{')[0] for name in values}
    board = json.loads((ROOT / 'deploy/grafana-dashboard.json').read_text())
    asked = {name for panel in board['panels'] for target in panel['targets'] for name in re.findall(r'\b(?:hone|process)_\w+', target['expr'])}
    assert len(asked) > 8 and asked <= there, asked - there


def test_probes(served):
    server, library = served
    assert (server.request('GET', '/healthz').body, server.request('GET', '/readyz').body) == (b'ok\n', b'ready\n')
    assert run_hone('health', library=library).ok().out == 'ok\n'
    assert run_hone('health', '--ready', library=library).ok().out == 'ready\n'
    assert run_hone('health', '--quiet', library=library).ok().out == ''


def test_without_a_server_health_says_so(library):
    run_hone('health', library=library).refused(1, 'no hone serve')


def test_without_its_model_it_lives_but_is_not_ready(library, test_models):
    use_model(library, test_models / 'clip-random')
    shutil.rmtree(library / 'models')
    with run_server(library=library) as server:
        assert server.request('GET', '/healthz').status == 200
        answer = server.request('GET', '/readyz')
        assert answer.status == 503 and answer.headers['Content-Type'] == 'application/problem+json' and 'model' in answer.json()['detail'], answer
        assert metrics_of(server)[0]['hone_ready'] == 0
        run_hone('health', library=library).ok()
        run_hone('health', '--ready', library=library).refused(1, '503', 'model')


def test_log_is_json_and_says_nothing_personal(served):
    server, _ = served
    server.search(WORDS)
    server.post('/people', {'name': 'nobody'})
    lines = [line for line in list(server.errors) if line.strip()]
    assert any('broken.jpg' in line for line in lines) and any('scan: 2 new photos, 1 files failed' in line for line in lines), lines
    for line in lines:
        entry = json.loads(line)
        assert list(entry) == ['time', 'level', 'message'] and entry['level'] in ('debug', 'info', 'warning', 'error'), entry
        datetime.datetime.strptime(entry['time'], '%Y-%m-%dT%H:%M:%S.%fZ')
        for word in WORDS.split():
            assert word not in entry['message'].split(), entry


def test_log_format_is_checked(library):
    run_hone('--log-format', 'xml', 'status', library=library).refused(2, 'text or json')
    run_hone('status', library=library, env={'HONE_LOG_FORMAT': 'xml'}).refused(2, 'HONE_LOG_FORMAT')
    error = run_hone('show', 'deadbeef', library=library, env={'HONE_LOG_FORMAT': 'json'})
    assert error.code == 1 and json.loads(error.err)['level'] == 'error', error


def help_of(*command):
    """Returns (options, subcommands) in a command's --help."""
    text = run_hone(*command, '--help').ok().out
    options = set(re.findall(r'^  (?:-\w,)?(--[\w-]+)', text, re.M)) | set(re.findall(r'^  (-\w)\b', text, re.M))
    return options, re.findall(r'^  ([a-z]+) {2,}\S', text, re.M)


@pytest.fixture(scope='module')
def tree():
    """Returns {'people list': its options} of every command, from --help."""
    commands = {}

    def walk(*command):
        options, subcommands = help_of(*command)
        commands[' '.join(command)] = options
        for name in subcommands:
            walk(*command, name)
    walk()
    assert len(commands) > 25 and '--unlike' in commands['search'] and 'generate' not in commands
    return commands


def bash_completes(script, *words):
    program = f'source {script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hone; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(['bash', '-c', program, 'bash', *words], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_every_command_and_option(tree, tmp_path):
    script = tmp_path / 'hone.bash'
    script.write_text(run_hone('generate', 'completion', 'bash').ok().out)
    subprocess.run(['bash', '-n', script], check=True)
    for command, options in tree.items():
        words = ['hone', *command.split()]
        assert bash_completes(script, *words, '-') >= options, command
        below = {name.split()[-1] for name in tree if name and name.rpartition(' ')[0] == command}
        assert bash_completes(script, *words, '') == below, command
    assert '--listen' in bash_completes(script, 'hone', 'serve', '--lis') and not bash_completes(script, 'hone', 'index', '--lis')
    # an option's value that equals a command's name must not mislead the completion
    assert 'pull' in bash_completes(script, 'hone', '--quiet', 'models', 'pu')


@pytest.mark.parametrize('shell', ['zsh', 'fish'])
def test_other_shells_know_every_command_and_option(tree, shell, tmp_path):
    assert shutil.which(shell), 'script/packages.txt has it'
    text = run_hone('generate', 'completion', shell).ok().out
    script = tmp_path / 'script'
    script.write_text(text)
    subprocess.run([shell, '--no-execute' if shell == 'fish' else '-n', script], check=True)
    for command, options in tree.items():
        place = ' '.join(['hone', *command.split()])
        if shell == 'zsh':
            part = text[text.index(f"('{place}')\n"):].partition(';;')[0]
            missing = [name for name in options if f"'{name}:" not in part]
        else:
            here = [line for line in text.splitlines() if f"\"__hone_at '{place}'\"" in line]
            missing = [name for name in options
                       if not any(f' -l {name[2:]} ' in line or (len(name) == 2 and f' -s {name[1:]} ' in line) for line in here)]
        assert not missing, (command, missing)
    if shell == 'fish':
        done = subprocess.run(['fish', '--no-config', '-c', f'source {script}; complete -C "hone models pu"'], capture_output=True, text=True, check=True)
        assert done.stdout.startswith('pull\t'), done


def test_the_manual_page_has_every_command_and_option(tree, tmp_path):
    page = tmp_path / 'hone.1'
    page.write_text(run_hone('generate', 'man', env={'SOURCE_DATE_EPOCH': 0}).ok().out)
    assert shutil.which('mandoc'), 'script/packages.txt has it'
    lint = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', page], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout
    text = re.sub(r'.\x08', '', subprocess.run(['mandoc', '-T', 'utf8', page], capture_output=True, text=True, check=True).stdout)
    assert '1970-01-01' in text
    for command, options in tree.items():
        if command:
            part = re.search(rf'^   hone {command}\n(.*?)(?=^   hone |^[A-Z])', text, re.M | re.S)
            assert part, command
        for name in options - {'--help', '-h'}:
            assert re.search(rf'{name}\b', part[1] if command else text), (command, name)


def test_the_generator_is_not_for_people():
    assert 'generate' not in run_hone('--help').ok().out
    run_hone('generate', 'completion', 'csh').refused(2)
    run_hone('generate').refused(2)
