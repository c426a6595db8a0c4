#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program with the rights and system calls that systemd would grant: the unit's User, its SystemCallFilter and
NoNewPrivileges. Needs root and python3-seccomp.

usage: as_unit.py [--no-filter] UNIT ROOT COMMAND...        ROOT: the mount that becomes /
"""
import ctypes
import errno
import os
import pathlib
import subprocess
import sys

import seccomp

PR_SET_NO_NEW_PRIVS, CLONE_NEWNS, MNT_DETACH = 38, 0x20000, 2
libc = ctypes.CDLL(None, use_errno=True)


def system(result, what):
    if result != 0:
        sys.exit(f'{what}: {os.strerror(ctypes.get_errno())}')


def enter(root):
    """Makes root the root of this process. Not by chroot(2), which would forbid the namespaces that decoders create."""
    system(libc.unshare(CLONE_NEWNS), 'unshare')
    subprocess.run(['mount', '--make-rprivate', '/'], check=True)
    os.chdir(root)
    system(libc.syscall(seccomp.resolve_syscall(seccomp.Arch(), 'pivot_root'), b'.', b'.'), 'pivot_root')
    system(libc.umount2(b'.', MNT_DETACH), 'umount')
    os.chdir('/')


def members(word):
    """Returns the system calls of a name or an @group of systemd."""
    if not word.startswith('@'):
        return {word}
    calls = set()
    for line in subprocess.run(['systemd-analyze', 'syscall-filter', word], capture_output=True, text=True, check=True).stdout.splitlines()[1:]:
        name = line.strip()
        if name and not name.startswith('#'):
            calls |= members(name)
    return calls


def settings(unit, key):
    return [line.partition('=')[2].strip() for line in pathlib.Path(unit).read_text().splitlines() if line.startswith(key + '=')]


def main():
    arguments = sys.argv[1:]
    filtered = arguments[0] != '--no-filter'
    unit, root, *command = arguments if filtered else arguments[1:]
    allowed = set()
    for value in settings(unit, 'SystemCallFilter'):
        named = set().union(*(members(word) for word in value.lstrip('~').split()))
        allowed = allowed - named if value.startswith('~') else allowed | named
    if not allowed:
        sys.exit(f'{unit} has no SystemCallFilter')
    # Systemd always allows the calls that starting a program needs (systemd.exec(5)).
    allowed |= members('@default') | {'execve', 'exit', 'exit_group', 'getrlimit', 'rt_sigreturn', 'sigreturn'}
    filter_ = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in sorted(allowed):
        try:
            filter_.add_rule(seccomp.ALLOW, name)
        except (RuntimeError, ValueError):
            pass  # does not exist on this processor
    name, privileges = settings(unit, 'User')[0], settings(unit, 'NoNewPrivileges')
    enter(root)
    user = next(line.split(':') for line in pathlib.Path('/etc/passwd').read_text().splitlines() if line.startswith(name + ':'))
    os.setgroups([])
    os.setgid(int(user[3]))
    os.setuid(int(user[2]))
    os.umask(0o077)
    if privileges == ['yes']:
        system(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl')
    if filtered:
        filter_.load()
    os.execvpe(command[0], command, {'PATH': '/usr/bin:/bin', 'HONE_LIBRARY': '/var/lib/hone', 'HOME': '/var/lib/hone', 'LANG': 'C.UTF-8'})


if __name__ == '__main__':
    main()
