# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in deploy/ that no program here reads are valid."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / 'deploy'


def test_compose_locks_hone_down_and_keeps_the_database_optional():
    services = yaml.safe_load((DEPLOY / 'compose.yaml').read_text())['services']
    hone = services['hone']
    assert hone['read_only'] is True and hone['cap_drop'] == ['ALL'] and 'profiles' not in hone
    assert any(volume.endswith(':/photos:ro') for volume in hone['volumes']) and 'library:/library' in hone['volumes']
    assert (DEPLOY / hone['build']['context'] / hone['build']['dockerfile']).is_file()
    assert services['surrealdb']['profiles'] == ['surrealdb']


def test_kubernetes_keeps_to_the_restricted_standard():
    documents = list(yaml.safe_load_all((DEPLOY / 'kubernetes.yaml').read_text()))
    pod = next(d for d in documents if d['kind'] == 'Deployment')['spec']['template']['spec']
    assert pod['securityContext']['runAsNonRoot'] and pod['securityContext']['seccompProfile'] == {'type': 'RuntimeDefault'}
    for container in pod['containers'] + pod['initContainers']:
        assert container['securityContext'] == {'allowPrivilegeEscalation': False, 'readOnlyRootFilesystem': True, 'capabilities': {'drop': ['ALL']}}
    hone, = pod['containers']
    mounts = {mount['mountPath']: mount for mount in hone['volumeMounts']}
    assert mounts['/photos']['readOnly'] and set(mounts) == {'/photos', '/library'}
    assert pod['securityContext']['runAsUser'] == int(re.search(r'^USER (\d+):', (DEPLOY / 'Containerfile').read_text(), re.M)[1])
    assert all(hone[probe]['exec']['command'][:2] == ['hone', 'health'] for probe in ('startupProbe', 'livenessProbe', 'readinessProbe'))


def test_the_containerfile_takes_what_is_there():
    text = (DEPLOY / 'Containerfile').read_text()
    for sources in re.findall(r'^COPY (?!--)(.+) \S+$', text, re.M):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    # script/bootstrap runs before the other files exist.
    needed = set(re.findall(r'"?\$root/(script/[\w.-]+)', ''.join((ROOT / 'script' / name).read_text() for name in ('bootstrap', 'lib.sh', 'steps.sh'))))
    needed = {name for name in needed if 'surrealdb' not in name}
    copied = set(re.search(r'^COPY (script/.+) script/$', text, re.M)[1].split())
    assert needed <= copied, needed - copied
    assert not re.search(r'^ENTRYPOINT (?!\[)', text, re.M) and re.search(r'^USER [1-9]', text, re.M)


def test_the_dashboard_has_no_gaps():
    board = json.loads((DEPLOY / 'grafana-dashboard.json').read_text())
    ids = [panel['id'] for panel in board['panels']]
    assert len(set(ids)) == len(ids) and all(panel['targets'] for panel in board['panels'])
