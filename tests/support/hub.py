# SPDX-License-Identifier: GPL-3.0-or-later
"""A local server that answers like the Hugging Face hub, with faults on demand.

    with Hub({'owner/name': FOLDER}) as hub:
        run(env={'HF_ENDPOINT': hub.url})
        hub.faults['onnx/vision_model.onnx'] = [{'cut': 100_000}]      # the first request for it breaks off there

Routes: /api/models/REPO/tree/REVISION[/PATH]?recursive=1 (LFS entries contain the SHA-256), /api/models/REPO[/revision/REVISION],
/REPO/resolve/REVISION/FILE (302 to /cdn/... for LFS files, the bytes for small ones), /cdn/... (Range, ETag).
hub.requests lists the requests: (method, path, Range header or None, status).

A fault is a dict. Each request for a file's bytes uses up one of its faults; a fault with 'always' stays:
  cut: N         the connection breaks after N bytes of the body
  wrong: True    right length, other bytes
  status: 404    also 401, 403, 429, 500, 503; with retry_after: seconds
  slow: N        bytes per second
  no_range: True ignores Range and sends everything
Faults for '' apply to the listing. From a shell: hub.py PORT REPO=FOLDER... ; faults then as query: ?fault=cut:1000
"""
import hashlib
import http.server
import json
import pathlib
import socket
import struct
import sys
import threading
import time
import urllib.parse

LFS_FROM = 10_000_000     # bytes; the hub itself follows .gitattributes, where *.onnx are LFS whatever their size
LFS_SUFFIXES = {'.onnx', '.bin', '.model', '.npz', '.onnx_data'}
COMMIT = 'd15189d7' + '0' * 32


def url_path(address):
    return urllib.parse.urlsplit(address).path


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(head=True)

    def do_GET(self):
        self.answer(head=False)

    def send(self, status, body=b'', headers=(), head=False, fault=None):
        fault = fault or {}
        self.server.hub.requests.append((self.command, self.path, self.headers.get('Range'), status))
        self.send_response(status)
        headers = dict(headers)
        headers.setdefault('Content-Length', str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if head:
            return
        cut = fault.get('cut')
        if cut is not None and cut < len(body):
            self.wfile.write(body[:cut])
            self.wfile.flush()
            # a reset, like a lost connection, not an orderly end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if 'slow' in fault:
            step = max(1, fault['slow'] // 20)
            for at in range(0, len(body), step):
                self.wfile.write(body[at:at + step])
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.wfile.write(body)

    def problem(self, status, code, message, fault=None):
        headers = {'Content-Type': 'application/json', 'X-Error-Code': code, 'X-Error-Message': message}
        if fault and 'retry_after' in fault:
            headers['Retry-After'] = str(fault['retry_after'])
        self.send(status, json.dumps({'error': message}).encode(), headers, head=self.command == 'HEAD')

    def refuse(self, fault):
        """True when the fault is an HTTP status."""
        status = fault.get('status')
        if status is None:
            return False
        code, message = {401: ('GatedRepo', 'Access to this model is restricted. You must be authenticated to access it.'),
                         403: ('GatedRepo', 'Access to this model is restricted and you are not in the authorized list.'),
                         404: ('EntryNotFound', 'Entry not found'),
                         429: ('RateLimited', 'Too many requests')}.get(status, ('Internal', 'Internal error'))
        self.problem(status, code, message, fault)
        return True

    def answer(self, head):
        hub = self.server.hub
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path).strip('/')
        query = urllib.parse.parse_qs(url.query)
        if path.startswith('api/models/'):
            return self.api(path[len('api/models/'):].split('/'), query, head)
        parts = path.split('/')
        if parts[0] == 'cdn':
            repo, file = '/'.join(parts[1:3]), '/'.join(parts[3:])
            return self.blob(repo, file, query, head)
        if len(parts) >= 5 and parts[2] == 'resolve':
            repo, revision, file = '/'.join(parts[:2]), parts[3], '/'.join(parts[4:])
            if repo not in hub.repositories:
                return self.problem(401, 'RepoNotFound', 'Invalid username or password.')      # the hub does not reveal which exist
            if revision not in hub.revisions:
                return self.problem(404, 'RevisionNotFound', 'Invalid rev id: ' + revision)
            source = hub.repositories[repo] / file
            if not source.is_file():
                return self.problem(404, 'EntryNotFound', 'Entry not found')
            if not hub.is_lfs(source):
                return self.blob(repo, file, query, head)
            fault = hub.peek(file)
            if 'status' in fault:
                hub.take(file)
                return self.refuse(fault)
            headers = {'Location': f'/cdn/{urllib.parse.quote(repo + "/" + file)}' + ('?' + url.query if url.query else ''),
                       'X-Linked-Size': str(source.stat().st_size), 'X-Linked-Etag': f'"{hub.sha256(source)}"',
                       'X-Repo-Commit': COMMIT, 'Accept-Ranges': 'bytes'}
            return self.send(302, b'', headers, head)
        return self.problem(404, 'EntryNotFound', 'Not found')

    def api(self, parts, query, head):
        hub = self.server.hub
        repo = '/'.join(parts[:2])
        fault = hub.take('')
        if self.refuse(fault):
            return None
        if repo not in hub.repositories:
            return self.problem(401, 'RepoNotFound', 'Invalid username or password.')
        root = hub.repositories[repo]
        rest = parts[2:]
        if rest and rest[0] in ('tree', 'revision') and len(rest) > 1 and rest[1] not in hub.revisions:
            return self.problem(404, 'RevisionNotFound', 'Invalid rev id: ' + rest[1])
        if rest and rest[0] == 'tree':
            recursive = query.get('recursive', ['0'])[0] in ('1', 'true', 'True')
            base = root / '/'.join(rest[2:])
            rows = []
            for p in sorted(base.rglob('*') if recursive else base.iterdir()):
                row = {'type': 'directory' if p.is_dir() else 'file', 'oid': hub.git_oid(p), 'size': 0 if p.is_dir() else p.stat().st_size,
                       'path': p.relative_to(root).as_posix()}
                if p.is_file() and hub.is_lfs(p):
                    row['lfs'] = {'oid': hub.sha256(p), 'size': p.stat().st_size, 'pointerSize': 134}
                rows.append(row)
            # as the hub does, pages with a link to the next one
            first = int(query.get('cursor', ['0'])[0])
            more = {'Link': f'<{hub.elsewhere}{url_path(self.path)}?recursive=1&cursor={first + hub.page}>; rel="next"'} if first + hub.page < len(rows) else {}
            return self.send(200, json.dumps(rows[first:first + hub.page]).encode(),
                             {'Content-Type': 'application/json; charset=utf-8', **more}, head, fault)
        else:
            body = json.dumps({'id': repo, 'modelId': repo, 'sha': COMMIT, 'private': False, 'gated': False, 'cardData': hub.card,
                               'tags': [f'license:{hub.card["license"]}'],
                               'siblings': [{'rfilename': p.relative_to(root).as_posix()} for p in sorted(root.rglob('*')) if p.is_file()]}).encode()
        return self.send(200, body, {'Content-Type': 'application/json; charset=utf-8'}, head, fault)

    def blob(self, repo, file, query, head):
        hub = self.server.hub
        source = hub.repositories.get(repo, pathlib.Path('/nonexistent')) / file
        if not source.is_file():
            return self.problem(404, 'EntryNotFound', 'Entry not found')
        fault = {} if head else hub.take(file)
        for text in query.get('fault', []):
            name, _, value = text.partition(':')
            fault[name] = int(value) if value else True
        if self.refuse(fault):
            return None
        body = source.read_bytes()
        etag = hub.sha256(source) if hub.is_lfs(source) else hub.git_oid(source)
        headers = {'ETag': f'"{etag}"', 'Accept-Ranges': 'bytes', 'X-Repo-Commit': COMMIT, 'Content-Type': 'application/octet-stream'}
        if fault.get('wrong'):
            body = bytes(b ^ 0x55 for b in body[:64]) + body[64:]
        wanted = self.headers.get('Range')
        if wanted and wanted.startswith('bytes=') and not fault.get('no_range'):
            low, _, high = wanted[6:].partition('-')
            if not low:
                low, high = max(0, len(body) - int(high)), ''
            low = int(low)
            high = min(int(high) if high else len(body) - 1, len(body) - 1)
            if low >= len(body):
                return self.send(416, b'', {'Content-Range': f'bytes */{len(body)}'}, head)
            headers['Content-Range'] = f'bytes {low}-{high}/{len(body)}'
            return self.send(206, body[low:high + 1], headers, head, fault)
        if head:
            headers['Content-Length'] = str(len(body))
        return self.send(200, body, headers, head, fault)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass                    # killed clients, and connections cut on purpose


class Hub:
    def __init__(self, repositories, port=0, revisions=('main', COMMIT), licence='mit', page=1000):
        self.repositories = {name: pathlib.Path(folder) for name, folder in repositories.items()}
        self.revisions, self.card = revisions, {'license': licence}
        # rows of a listing in one answer; the links name the hub itself, as a copy of a hub passes them on
        self.page, self.elsewhere = page, 'https://hub.example'
        self.faults, self.requests = {}, []
        self.lock, self.hashes = threading.Lock(), {}
        self.server = Server(('127.0.0.1', port), Handler)
        self.server.hub = self
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def peek(self, file):
        return (self.faults.get(file) or [{}])[0]

    def take(self, file):
        with self.lock:
            waiting = self.faults.get(file)
            if not waiting:
                return {}
            return dict(waiting[0] if waiting[0].get('always') else waiting.pop(0))

    @staticmethod
    def is_lfs(path):
        return path.suffix in LFS_SUFFIXES or path.stat().st_size > LFS_FROM

    def sha256(self, path):
        key = (path, path.stat().st_mtime_ns)
        if key not in self.hashes:
            self.hashes[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.hashes[key]

    @staticmethod
    def git_oid(path):
        content = b'' if path.is_dir() else path.read_bytes()
        return hashlib.sha1(b'blob %d\0' % len(content) + content).hexdigest()

    def bodies(self, file):
        """Returns the requests for the bytes of a file."""
        return [r for r in self.requests if r[0] == 'GET' and file in urllib.parse.unquote(r[1]) and r[3] in (200, 206)]


def main():
    if len(sys.argv) < 3:
        sys.exit('usage: hub.py PORT REPO=FOLDER...')
    with Hub(dict(a.split('=', 1) for a in sys.argv[2:]), int(sys.argv[1])) as hub:
        print(hub.url, flush=True)
        threading.Event().wait()


if __name__ == '__main__':
    main()
