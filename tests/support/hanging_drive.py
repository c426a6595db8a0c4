# SPDX-License-Identifier: GPL-3.0-or-later
"""A drive that stops answering on request: a folder shown through FUSE, read-only. Linux and root only.

Implements the part of the kernel's protocol (linux/fuse.h, version 7.31) that reading needs, so that no package has to be installed.
"""
import ctypes
import errno
import os
import stat
import struct
import threading

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 28, 29, 36, 42
NAMES = {LOOKUP: 'lookup', GETATTR: 'stat', OPEN: 'open', READ: 'read', OPENDIR: 'open', READDIR: 'list', STATFS: 'statfs', FLUSH: 'close'}
HEADER = struct.Struct('<IIQQIIII')
MOUNT_READ_ONLY, UNMOUNT_DETACH = 1, 2
libc = ctypes.CDLL(None, use_errno=True)


class NoDrive(Exception):
    """FUSE cannot be used here; the message has the reason."""


class HangingDrive:
    """with HangingDrive(SOURCE, MOUNTPOINT) as drive: ... drive.hangs = lambda call, path: True"""

    def __init__(self, source, mountpoint):
        self.source, self.mountpoint = os.fsencode(source), os.fsencode(mountpoint)
        self.hangs = lambda call, path: False   # call: lookup, stat, open, read, list, statfs, close; path: below the source, '' for the source itself
        self.breaks = lambda call, path: False  # returns an input/output error
        self.before_answer = lambda call, path, end: None  # end: of the range read, in bytes
        self.silent = []                        # requests without an answer
        self.lock = threading.Lock()
        self.nodes, self.numbers = {1: b''}, {b'': 1}

    def __enter__(self):
        try:
            self.fd = os.open('/dev/fuse', os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise NoDrive(f'/dev/fuse: {error.strerror}') from error
        options = f'fd={self.fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other'.encode()
        if libc.mount(b'hanging-drive', self.mountpoint, b'fuse', MOUNT_READ_ONLY, options) != 0:
            os.close(self.fd)
            raise NoDrive(f'mount: {os.strerror(ctypes.get_errno())}')
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release()
        libc.umount2(self.mountpoint, UNMOUNT_DETACH)
        os.close(self.fd)  # waiting requests get an error

    def release(self):
        """Answers all requests, new and pending."""
        with self.lock:
            self.hangs = lambda call, path: False
            waiting, self.silent = self.silent, []
        for request in waiting:
            self.answer(request)

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return  # unmounted
            with self.lock:
                call, path = self.subject(request)
                if call and self.hangs(call, path):
                    self.silent.append(request)
                    continue
            self.answer(request)

    def drop_first_page(self, path):
        """Drops the file's first 4 KB from the kernel's cache (FUSE_NOTIFY_INVAL_INODE)."""
        os.write(self.fd, struct.pack('<IiQQqq', 40, 2, 0, self.numbers[os.fsencode(path)], 0, 4096))

    def subject(self, request):
        _, opcode, _, node, *_ = HEADER.unpack_from(request)
        path = self.nodes.get(node, b'')
        if opcode == LOOKUP:
            path = self.inside(path, request[HEADER.size:-1])
        return NAMES.get(opcode), os.fsdecode(path)

    @staticmethod
    def inside(folder, name):
        return folder + b'/' + name if folder else name

    def answer(self, request):
        _, opcode, unique, node, *_ = HEADER.unpack_from(request)
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        try:
            call, path = self.subject(request)
            if call and self.breaks(call, path):
                raise OSError(errno.EIO, 'broken')
            body, error = self.reply(opcode, self.nodes[node] if node else b'', request[HEADER.size:]), 0
            if call:
                self.before_answer(call, path, sum(struct.unpack_from('<QI', request, HEADER.size + 8)) if call == 'read' else 0)
        except OSError as failed:
            body, error = b'', failed.errno
        try:
            os.write(self.fd, struct.pack('<IiQ', 16 + len(body), -error, unique) + body)
        except OSError:
            pass  # the request was abandoned

    def reply(self, opcode, path, body):
        if opcode == INIT:
            return struct.pack('<IIIIHHIIHHI28x', 7, 31, 1 << 17, 0, 16, 12, 1 << 17, 1, 0, 0, 0)
        if opcode == LOOKUP:
            path = self.inside(path, body[:-1])
            attributes = self.attributes(path)
            return struct.pack('<QQQQII', self.numbers[path], 0, 0, 0, 0, 0) + attributes
        if opcode == GETATTR:
            return struct.pack('<QII', 0, 0, 0) + self.attributes(path)
        if opcode in (OPEN, OPENDIR):
            return struct.pack('<QII', 0, 0, 0)
        if opcode in (READ, READDIR):
            _, offset, size = struct.unpack_from('<QQI', body)
            if opcode == READDIR:
                return self.entries(path, offset, size)
            with open(os.path.join(self.source, path), 'rb') as file:
                return os.pread(file.fileno(), size, offset)
        if opcode == STATFS:
            return bytes(80)
        if opcode in (RELEASE, RELEASEDIR, FLUSH):
            return b''
        raise OSError(errno.ENOSYS, 'not spoken here')

    def attributes(self, path):
        facts = os.lstat(os.path.join(self.source, path) if path else self.source)
        if path not in self.numbers:
            self.numbers[path] = len(self.numbers) + 1
            self.nodes[self.numbers[path]] = path
        seconds, nanoseconds = divmod(facts.st_mtime_ns, 10**9)
        return struct.pack('<QQQQQQIIIIIIIIII', facts.st_ino, facts.st_size, facts.st_blocks, seconds, seconds, seconds, nanoseconds, nanoseconds, nanoseconds,
                           facts.st_mode, facts.st_nlink, facts.st_uid, facts.st_gid, 0, 4096, 0)

    def entries(self, path, offset, size):
        names = sorted(os.listdir(os.path.join(self.source, path) if path else self.source))
        data = b''
        for number, name in enumerate(names[offset:], offset + 1):
            mode = os.lstat(os.path.join(self.source, path, name)).st_mode
            entry = struct.pack('<QQII', number, number, len(name), stat.S_IFMT(mode) >> 12) + name
            entry += bytes(-len(entry) % 8)
            if len(data) + len(entry) > size:
                break
            data += entry
        return data
