# SPDX-License-Identifier: GPL-3.0-or-later
"""No data leaves the machine: the program never resolves the name of another host."""
import shutil
import subprocess
import time

import pytest

from conftest import environment, run_server

WATCH = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** result) {
    FILE* log = fopen(getenv("NAMES_LOG"), "a");
    if (log) { fprintf(log, "%s\n", node ? node : "-"); fclose(log); }
    int (*real)(const char*, const char*, const struct addrinfo*, struct addrinfo**) = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}
'''
LONG_ENOUGH = 20  # seconds; the engine's telemetry, unless turned off, resolves its host after twelve


def test_no_name_is_asked_for(photos, library, tmp_path):
    if shutil.which('cc') is None:
        pytest.skip('no C compiler to make the watch with')
    source, watch, log = tmp_path / 'watch.c', tmp_path / 'watch.so', tmp_path / 'names'
    source.write_text(WATCH)
    subprocess.run(['cc', '-shared', '-fPIC', '-o', str(watch), str(source), '-ldl'], check=True)
    watched = {'LD_PRELOAD': watch, 'NAMES_LOG': log}
    python = subprocess.run(['python3', '-c', 'import socket\ntry: socket.getaddrinfo("a.invalid", 1)\nexcept OSError: pass'], env=environment(**watched), check=False)
    assert python.returncode == 0 and log.read_text() == 'a.invalid\n', 'the watch does not see'
    log.unlink()
    with run_server(photos, library=library, env=watched) as server:
        begun = time.monotonic()
        server.wait_idle(searchable=12)
        assert server.search('a cat')['results']
        time.sleep(max(0, LONG_ENOUGH - (time.monotonic() - begun)))
    assert not log.exists(), log.read_text()
