# SPDX-License-Identifier: GPL-3.0-or-later
"""A SurrealDB 2.x server for tests: the real engine in PyPI's `surrealdb` (2.3 inside) behind the server's WebSocket protocol
(/rpc, sub-protocol cbor), on 127.0.0.1. engine.mjs is the same for 3.x.
   python engine_2.py [--storage mem://] [--port 0] [--user root] [--password root] [--with-parent yes]
Prints "ready PORT VERSION" when it listens. The engine has one session, so requests are answered one at a time, after the session has
received the rights, namespace and database of the client. Messages pass through byte for byte."""
import argparse
import json
import signal
import sys
import threading

from surrealdb._surrealdb_ext import SyncEmbeddedDB
from surrealdb.data.cbor import decode, encode
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

OPEN_METHODS = {'ping', 'version', 'signin', 'authenticate', 'use', 'let', 'unset', 'invalidate', 'reset'}


def head(message, at):
    """Returns (major type, argument, offset of its content)."""
    kind, info = message[at] >> 5, message[at] & 31
    if info < 24:
        return kind, info, at + 1
    width = 1 << (info - 24)
    return kind, int.from_bytes(message[at + 1:at + 1 + width], 'big'), at + 1 + width


def method_of(message):
    """Returns its name; in the client's messages it comes before the parameters, which may be large."""
    _, fields, at = head(message, 0)
    for _ in range(fields):
        _, size, at = head(message, at)
        name, at = message[at:at + size], at + size
        kind, size, at = head(message, at)
        if name == b'method':
            return message[at:at + size].decode()
        at += size if kind in (2, 3) else 0
    raise ValueError('no method')


def refusal(message, why):
    return encode({'id': decode(message)['id'], 'error': {'code': -32000, 'message': why}})


class Engine:
    def __init__(self, storage):
        self.engine, self.lock, self.last = SyncEmbeddedDB(storage), threading.Lock(), None
        self.engine.connect()

    def ask(self, method, *params):
        return decode(self.engine.execute(encode({'id': 1, 'method': method, 'params': list(params)})))


class Client:
    def __init__(self, engine):
        self.engine, self.place, self.token = engine, None, None

    def answer(self, message):
        method = method_of(message)
        with self.engine.lock:
            if self.token is None and method not in OPEN_METHODS:
                return refusal(message, 'Anonymous access not allowed')
            if self.engine.last is not self:
                if self.token:
                    self.engine.ask('authenticate', self.token)
                if self.place:
                    self.engine.ask('use', *self.place)
                self.engine.last = self
            try:
                response = self.engine.engine.execute(message)
            except RuntimeError as wrong:
                response = refusal(message, str(wrong))
            if method in ('signin', 'authenticate', 'use'):
                request, said = decode(message), decode(response)
                if said.get('error') is not None:
                    self.engine.last = None
                elif method == 'use':
                    self.place = request['params']
                else:
                    self.token = said['result'] if method == 'signin' else request['params'][0]
            return response


def main():
    parser = argparse.ArgumentParser()
    for name, usual in (('storage', 'mem://'), ('port', '0'), ('user', 'root'), ('password', 'root'), ('with-parent', 'no')):
        parser.add_argument(f'--{name}', default=usual)
    a = parser.parse_args()
    engine = Engine(a.storage)
    engine.ask('use', 'main', 'main')
    made = engine.ask('query', f'DEFINE USER IF NOT EXISTS {a.user} ON ROOT PASSWORD {json.dumps(a.password)} ROLES OWNER', {})
    assert made['result'][0]['status'] == 'OK', made

    def talk(socket):
        client = Client(engine)
        try:
            for message in socket:
                socket.send(client.answer(message))
        except ConnectionClosed:
            pass

    with serve(talk, '127.0.0.1', int(a.port), subprotocols=['cbor'], max_size=128 << 20, compression=None) as server:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if a.with_parent == 'yes':  # ends with the test that started it, which holds the other end of its standard input
            threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
        print('ready', server.socket.getsockname()[1], engine.ask('version')['result'], flush=True)
        server.serve_forever()


if __name__ == '__main__':
    main()
