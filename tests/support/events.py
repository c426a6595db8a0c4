# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens to the events of a running server."""
import http.client
import json
import threading
import time


class Events:
    """Reads server-sent events in a thread: .seen is [(event, data)]."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.host, timeout=60)
        self.connection.request('GET', '/api/v1/events', headers={'Accept': 'text/event-stream'})
        self.answer = self.connection.getresponse()
        self.seen, self.comments = [], 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event, data = 'message', []
        try:
            for line in self.answer:
                line = line.decode().rstrip('\r\n')
                if line.startswith(':'):
                    self.comments += 1
                elif line.startswith('event:'):
                    event = line[6:].strip()
                elif line.startswith('data:'):
                    data.append(line[5:].strip())
                elif not line and data:
                    self.seen.append((event, json.loads('\n'.join(data))))
                    event, data = 'message', []
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass

    def wait(self, kind, timeout=60, after=0, where=lambda data: True):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for name, data in self.seen[after:]:
                if name == kind and where(data):
                    return data
            time.sleep(0.05)
        raise AssertionError(f'no {kind} event in {timeout} s, only {[name for name, _ in self.seen]}')
