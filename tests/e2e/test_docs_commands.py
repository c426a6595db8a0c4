# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command in README.md and docs/ is run, or listed below with the reason why it cannot run here."""
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from PIL import Image

from conftest import FEW, HONE, READY, ROOT, environment, run_hone, run_server, wait_for
from hub import Hub
from test_bench_feedback import made_set, write_set

FILES = [ROOT / 'README.md', *sorted((ROOT / 'docs').rglob('*.md'))]
PROGRAM = re.compile(r'(\$ )?(hone(?! ─)|curl|docker|podman|kubectl|sudo|sudoedit|systemctl|journalctl|apt|apt-get|dpkg|man|chmod|chown|setfacl|ss|cmake|git|npm|npx|node|pip|python3|'
                     r'wget|ssh|export|mkdir|cp|mv|rm|openssl|script/\S+|build/\S+|bench/\S+)(\s|$)')

# Commands of programs that are not installed here, that change this machine, or that another test runs (script/test-deploy,
# tests/support/test_deploy_files.py, script/test itself). A listed command that the pages no longer contain fails as well.
ELSEWHERE = {
    'apt purge hone', 'apt remove hone', 'chmod o+rX', 'chown -R 10001:10001', 'cmake --install build/package-release --prefix ~/.local',
    'docker build --build-arg PACKAGES=mesa-vulkan-drivers ...', 'docker build -t localhost/hone -f deploy/Containerfile .', 'docker exec hone hone models devices',
    'docker exec hone hone status', 'docker run --rm -it -v hone:/library localhost/hone users add you --role owner',
    'docker run -d --name hone --restart unless-stopped --read-only --cap-drop ALL --security-opt no-new-privileges -p 127.0.0.1:3000:3000 -v ~/Pictures:/photos:ro '
    '-v hone:/library localhost/hone',
    'journalctl -u hone -f', 'man hone', 'podman build -t localhost/hone -f deploy/Containerfile .',
    'podman run -d --name hone --read-only --cap-drop ALL --userns keep-id:uid=10001,gid=10001 -p 127.0.0.1:3000:3000 -v ~/Pictures:/photos:ro -v ~/hone:/library localhost/hone',
    'script/bootstrap', 'script/bootstrap --build && script/package', 'script/check-words', 'script/plain-pack', 'script/server', 'script/server --model clip-vit-base-patch32 ~/Pictures', 'script/server --samples', 'script/server ~/Pictures', 'script/test', 'script/test-deploy', 'ss -ltnp',
    'sudo -u hone HONE_LIBRARY=/var/lib/hone hone users add you --role owner', 'sudo -u hone ls FOLDER', 'sudo apt install ./build/package/hone_*.deb',
    'sudo setfacl -R -m u:hone:rX -m d:u:hone:rX /srv/photos', 'sudo systemctl restart hone', 'sudoedit /etc/default/hone',
    "build/release/tests/hone_contract_tests --gtest_filter='*NearDuplicates*'",
}
# Names of commands and options in a sentence, not whole commands; the names must exist.
NAMES = {'docker run', 'hone backup', 'hone restore', 'hone models pull', 'hone people name|merge|split|assign|reject|hide|show|undo', 'hone people', 'hone search --filter', 'hone search --json',
         'hone show', 'hone users add'}
PLACEHOLDERS = [
    (r' \(surrealdbs:// for TLS\)', ''), (r'surrealdb://USER:PASSWORD@HOST:8000/NAMESPACE/DATABASE|surrealdb://\.\.\.', '{engine}'),
    (r'\bCOMMAND --help', 'search --help'),
    (r'(models add) DIR', r'\1 {model}'), (r'(--embeddings) DIR', r'\1 {embeddings}'), (r'(--to) DIR', r'\1 {new}'), (r'(--pairs) FILE', r'\1 {pairs}'),
    (r'(query) FILE', r'\1 docs/surrealdb/similar-3.surql'), (r'(restore) FILE', r'\1 {backup} --yes'), (r'(show) FILE', r'\1 {photos}/cat.jpg'), (r'\bFILE\b', '{new}'),
    (r'--map OLD=NEW', '--map {photos}=/mnt/elsewhere'), (r'--map /srv/photos=/mnt/photos', '--map {photos}={photos}'), (r'SEPARATE-FOLDER', '{worker}'),
    (r'--weight ID\b', '--weight {first}'), (r'\bPHOTO\b', '{photos}/cat.jpg'), (r'\bFOLDER\b', '{photos}'), (r'\bID\b', '{id}'), (r'~/Pictures', '{photos}'), (r'/backups\b', '{photos}'),
    (r'(users add) NAME', r'\1 nora'), (r'(models use) NAME', r'\1 hone-default-390-v2'), (r'\bNAME\b', 'vera'), (r'--listen (127\.0\.0\.1|0\.0\.0\.0):3000', r'--listen \1:0'),
    (r'fullchain\.pem', '{certificate}'), (r'privkey\.pem', '{key}'), (r'http://127\.0\.0\.1:3000', '{server}'),
    # sizes that take minutes
    (r'--synthetic 1000000', '--synthetic 1000'), (r'--synthetic 100000\b', '--synthetic 300'), (r'(bench catalog)', r'\1 --photos 20'), (r'(bench feedback --embeddings \S+)', r'\1 --rounds 2'),
]
# Ends only on request.
LONG = re.compile(r'hone (serve|worker(?!.* --once))\b')


# The first column of docs/troubleshooting.md quotes error lines, which contain quotation marks themselves.
ERROR_LINE = re.compile(r'^\| `[^|]*\.\.\..*?`+ \| |^\| `no (place|model|hone) .*?`+ \| |^\| `permission denied` ')


def commands_of(text):
    """Returns [(command as written, lines that it must print, or None)] of one page."""
    found, lines, at = [], text.splitlines(), 0
    fenced, prose = False, []
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith('```'):
            fenced = not fenced
        elif not (fenced or line.startswith('    ')):
            prose.append(line)
        elif PROGRAM.match(line.strip()):
            command = line.strip()
            while command.endswith('\\'):
                command = command[:-1].rstrip() + ' ' + lines[at].strip()
                at += 1
            after = lines[at].strip() if at < len(lines) else ''
            said = after if command.startswith('$ ') and after.startswith('hone: ') else None
            found.append((re.split(r'\s{3,}|\s+# ', command.removeprefix('$ '))[0], said))
    for line in prose:
        for span in re.findall(r'`([^`]+)`', ERROR_LINE.sub('', line)):
            if PROGRAM.match(span) and (' ' in span or span.startswith('script/')):
                found.append((span.removeprefix('$ '), None))
    return found


def variants(command):
    """`a|b|c` stands for each of them, `[x]` for with and without."""
    for option in re.findall(r'\[([^]]*)\]', command)[:1]:
        whole = f'[{option}]'
        yield from variants(command.replace(whole, '', 1))
        yield from variants(command.replace(whole, option, 1))
        return
    choice = re.search(r'(?<!\S)[\w-]+(\|[\w-]+)+(?!\S)', command)
    for one in choice[0].split('|') if choice else ():
        yield from variants(command[:choice.start()] + one + command[choice.end():])
    if not choice:
        yield ' '.join(command.split())


RUN_HERE = re.compile(r'(build/release/)?hone\s|curl\s')
ALL = {str(file.relative_to(ROOT)): dict(commands_of(file.read_text())) for file in FILES}
OURS = {}  # {page: {command: expected output}}, each command with the first page that contains it
for page, commands in ALL.items():
    known = ELSEWHERE | NAMES | set().union(*OURS.values())
    OURS[page] = {command: said for command, said in commands.items() if RUN_HERE.match(command) and command not in known}


def test_what_is_not_run_is_named_exactly():
    there = set().union(*ALL.values())
    assert ELSEWHERE <= there, f'no page has these any more: {sorted(ELSEWHERE - there)}'
    assert NAMES <= there, f'no page has these any more: {sorted(NAMES - there)}'
    others = {command for command in there - ELSEWHERE - NAMES if not RUN_HERE.match(command)}
    assert not others, f'these are neither run nor in ELSEWHERE: {sorted(others)}'
    assert sum(map(len, OURS.values())) > 70


def test_names_of_commands_are_there():
    for text in sorted(name for name in NAMES if RUN_HERE.match(name)):
        for name in variants(text):
            words = name.split()[1:]
            options = [word for word in words if word.startswith('--')]
            said = run_hone(*(word for word in words if word not in options), '--help').ok().out + run_hone('--help').ok().out
            assert all(option in said for option in options), name


class Place:
    """The values of the placeholders, and a separate library for each command."""
    def __init__(self, folder, samples, test_models):
        self.folder, self.count = folder, itertools.count()
        self.photos, self.library = folder / 'Pictures', folder / 'library'
        self.photos.mkdir()
        for name in [*FEW[1:5], 'scikit-image/astronaut.png']:
            shutil.copy2(samples / name, self.photos)
        with Image.open(samples / 'scikit-image/chelsea.png') as im:
            im.convert('RGB').save(self.photos / 'cat.jpg')
        repositories = {str(path.relative_to(test_models / 'faces-original')): path for path in (test_models / 'faces-original').glob('*/*')}
        self.hub = Hub({'Xenova/clip-vit-base-patch32': test_models / 'clip-random', **repositories})
        self.hub.__enter__()
        self.embeddings, self.pairs = write_set(folder / 'embeddings', *made_set()), folder / 'pairs'
        self.pairs.write_text('{0} {0} same\n{0} {1} different\n'.format(self.photos / 'astronaut.png', self.photos / 'cat.jpg'))
        self.certificate, self.key, self.model = folder / 'cert.pem', folder / 'key.pem', test_models / 'clip-manifest'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=photos.example.org', '-keyout', self.key, '-out', self.certificate],
                       check=True, capture_output=True)
        (folder / 'bin').mkdir()
        (folder / 'bin/hone').symlink_to(HONE)
        hone = lambda *args, **more: run_hone(*args, library=self.library, **more).ok()  # noqa: E731
        hone('models', 'pull', 'clip-vit-base-patch32', env={'HF_ENDPOINT': self.hub.url})
        hone('index', self.photos)
        hone('people', 'name', '1', 'Anna')
        for name in ('ada', 'vera'):
            hone('users', 'add', name, input=b'correct horse\n')
        self.token = [hone('users', 'token', f'for {n}', '--role', 'viewer').out.strip() for n in range(3)][0]
        self.backup = folder / 'a.backup'
        hone('backup', self.backup)
        self.ids = [photo['id'][:12] for photo in hone('search', 'a photo', '--json').json()['results']]

    def new(self, name):
        return self.folder / f'{name}{next(self.count)}'

    def fresh_library(self, users):
        library = shutil.copytree(self.library, self.new('library'))
        if not users:
            (library / 'users.db').unlink()
        return library


@pytest.fixture(scope='module')
def place(samples, test_models, tmp_path_factory):
    place = Place(tmp_path_factory.mktemp('docs'), samples, test_models)
    yield place
    place.hub.__exit__(None, None, None)


@pytest.fixture
def address(request, place):
    """A catalogue on a server, copied from the library; starts the engine when a command needs it."""
    made = []

    def get():
        if not made:
            engine = request.getfixturevalue('engine')
            run_hone('catalog', 'copy', '--from', 'sqlite', '--to', engine.address(), library=place.library).ok()
            made.append(engine.address())
        return made[0]
    return get


def filled_in(command, place, address, server=''):
    for pattern, instead in PLACEHOLDERS:
        command = re.sub(pattern, instead, command)
    command, ids = command.replace('{first}', place.ids[0]), iter(place.ids)
    command = re.sub(r'\{id\}', lambda _: next(ids), command)
    values = {'photos': place.photos, 'embeddings': place.embeddings, 'pairs': place.pairs, 'model': place.model, 'backup': place.backup, 'certificate': place.certificate,
              'key': place.key, 'server': server, 'new': place.new('new'), 'worker': place.new('worker')}
    values['engine'] = address() if '{engine}' in command else ''
    for name, value in values.items():
        command = command.replace('{' + name + '}', str(value))
    left = re.findall(r'(?<![\w$/-])[A-Z]{2,}(?![\w])', re.sub(r"'[^']*'", '', command))
    assert not left and '...' not in command, f'what do {left} stand for in: {command}? PLACEHOLDERS must say'
    return command


def run_shell(command, place, library, **more):
    environ = environment(HONE_LIBRARY=library, HF_ENDPOINT=place.hub.url, TOKEN=place.token, HOME=place.folder, PATH=f'{place.folder}/bin:{os.environ["PATH"]}', **more)
    return subprocess.Popen(['bash', '-c', command], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check(command, said, place, address):
    users = said is None and ('users' in command or 'serve' in command or 'curl' in command)
    library = place.fresh_library(users)
    if 'models pull' in command:
        shutil.rmtree(library / 'models')
    more = {'HONE_CATALOG': address()} if re.match(r'hone query', command) else {}
    if re.match(r'curl|hone health', command):
        if '$TOKEN' not in command:
            (library / 'users.db').unlink(missing_ok=True)
        with run_server(library=library) as server:
            server.request('GET', '/healthz')
            done = run_shell(filled_in(command, place, address, server.url) + (' --fail' if command.startswith('curl') else ''), place, library)
            out, err = done.communicate(timeout=60)
            assert done.returncode == 0 and out.strip(), (command, out, err)
        return
    command = filled_in(command, place, address)
    if LONG.match(command) and said is None:
        process = run_shell('exec ' + command + ('' if '--listen' in command or 'worker' in command else ' --listen 127.0.0.1:0'), place, library, **more)
        try:
            if 'serve' in command:
                line = process.stdout.readline()
                while line and not READY.search(line):
                    line = process.stdout.readline()
                assert READY.search(line), (command, process.stderr.read())
                url = READY.search(line)[1].rstrip('/').replace('0.0.0.0', '127.0.0.1')
                answer = subprocess.run(['curl', '--insecure', '--silent', '--fail', url + '/healthz'], capture_output=True, text=True, timeout=60)
                assert answer.stdout == 'ok\n', (command, answer)
            else:
                folder = pathlib.Path(command.split('--library ')[1])
                wait_for(lambda: list(folder.glob('replica-*.db')) or process.poll() is not None, 'the worker takes no copy of the catalogue')
                assert process.poll() is None, (command, process.communicate())
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM), (command, process.returncode)
        return
    process = run_shell(command, place, library, **more)
    out, err = process.communicate('SELECT VALUE id FROM base_image LIMIT 1' if command.startswith('hone query') else 'battery staple\n', timeout=300)
    if said is not None:
        assert process.returncode == 1 and err.strip() == said.replace(':3000', ':0'), (command, err)
    else:
        assert process.returncode == 0, (command, process.returncode, out[-500:], err[-500:])


@pytest.mark.parametrize('page', sorted(page for page, commands in OURS.items() if commands))
def test_commands_of(page, place, address):
    wrong, skipped = [], ''
    for command, said in OURS[page].items():
        for one in variants(command):
            try:
                check(one, said, place, address)
            except AssertionError as error:
                wrong.append(str(error)[:900])
            except pytest.skip.Exception as reason:
                skipped = f'{one}: {reason}'
    assert not wrong, '\n'.join(wrong)
    if skipped:
        pytest.skip(skipped)
