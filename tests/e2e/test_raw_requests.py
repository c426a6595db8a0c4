# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that no HTTP library sends, byte by byte: refused without a server error, never two answers for one request, and the server survives."""
import re
import socket

import pytest

ROUTES = [('GET', '/'), ('GET', '/api/v1/photos'), ('POST', '/api/v1/search'), ('POST', '/api/v1/examples'), ('GET', '/api/v1/photos/' + 'f' * 64 + '/thumbnail'),
          ('DELETE', '/api/v1/folders/99999')]
STATUS = re.compile(rb'HTTP/1\.[01] (\d\d\d) ')


def malformed(method, path, host):
    """Returns (name, bytes): at least twenty for each route."""
    method, path, host = method.encode(), path.encode(), b'Host: ' + host.encode() + b'\r\n'
    line = method + b' ' + path + b' HTTP/1.1\r\n'
    head = line + host
    yield 'nothing but line ends', b'\r\n\r\n\r\n'
    yield 'method alone', method + b'\r\n\r\n'
    yield 'no version', method + b' ' + path + b'\r\n' + host + b'\r\n'
    for version in (b'HTTP/2.0', b'HTTP/0.9', b'HTTP/1.10', b'HTTP/', b'http/1.1', b'HTTP/1.1 more', b'HTTPS/1.1'):
        yield version.decode(), method + b' ' + path + b' ' + version + b'\r\n' + host + b'\r\n'
    for wrong in (method.lower(), b'G\x00T', b'GE T', b'\xff\xfe', b'(GET)', b'A' * 9000):
        yield f'method {wrong[:9]}', wrong + b' ' + path + b' HTTP/1.1\r\n' + host + b'\r\n'
    yield 'tabs in the line', line.replace(b' ', b'\t') + host + b'\r\n'
    yield 'bare LF', head.replace(b'\r\n', b'\n') + b'\n'
    yield 'bare CR', head.replace(b'\r\n', b'\r') + b'\r'
    yield 'a NUL in the end of a line', head.replace(b'\r\n', b'\r\0\n') + b'\r\n'
    for tail in (b'%', b'%z', b'%zz', b'%0', b'%00', b'?%=%', b'?a=%ff%fe', b'\x00', b'\xff\xfe', b'\xc0\xae', b' x', b'#part', b'\\', b'?' + b'&' * 4000, b'?limit=%31%', b'%e2%80'):
        yield f'target {tail[:9]}', method + b' ' + path + tail + b' HTTP/1.1\r\n' + host + b'\r\n'
    for target in (b'', b'*', b'x', b'//', b'http://', b'http://[::1', b'://', b'?'):
        yield f'target {target}', method + b' ' + target + b' HTTP/1.1\r\n' + host + b'\r\n'
    yield 'no host', line + b'\r\n'
    yield 'two hosts', head + b'Host: evil.example\r\n\r\n'
    yield 'two hosts, ours last', line + b'Host: evil.example\r\n' + host + b'\r\n'
    for wrong in (b'', b'[', b']', b':', b'a@' + host[6:-2], b'\x00', b'\xff', b'localhost:99999999999'):
        yield f'host {wrong}', line + b'Host: ' + wrong + b'\r\n\r\n'
    for field in (b'no colon', b'Blank : x', b': no name', b'N\x00ul: x', b'Value: \x00', b'Value: \xff\xfe', b' folded: first', b'X: a\r\n b', b'X: a\rY: b', b'X: a\nY: b',
                  b'\xf0\x9f\x90\x95: dog', b'X' * 9000 + b': x', b'Cookie: \x01', b'Authorization: \xff', b'Origin: \x00', b'If-None-Match: \xff"', b'X-Forwarded-For: \x00,,,'):
        yield f'field {field[:12]}', head + field + b'\r\n\r\n'
    for length in (b'', b'-1', b'+2', b'2, 2', b'2 2', b'0x2', b'1e1', b'2.0', b'18446744073709551616', b'9' * 400, b'\x002', b'two'):
        yield f'length {length[:9]}', head + b'Content-Length: ' + length + b'\r\n\r\n{}'
    yield 'a body that ends early', head + b'Content-Length: 500\r\n\r\n{'
    chunked = head + b'Transfer-Encoding: chunked\r\n\r\n'
    for chunks in (b'zz\r\n', b'-1\r\n\r\n', b'f' * 30 + b'\r\n', b'2\r\n{}', b'2\r\n{}XX0\r\n\r\n', b'2;' + b'x' * 9000 + b'\r\n{}\r\n0\r\n\r\n', b'2;a=\x00\r\n{}\r\n0\r\n\r\n', b'2 \r\n{}\r\n0\r\n\r\n',
                   b'\r\n\r\n', b'0x2\r\n{}\r\n0\r\n\r\n', b'2\n{}\n0\n\n', b'2\r\n{}\r\n0\r\nno colon\r\n\r\n', b'2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n', b'0\r\n' + b'T: x\r\n' * 5000 + b'\r\n'):
        yield f'chunks {chunks[:12]}', chunked + chunks
    for coding in (b'gzip', b'x', b'identity', b'chunked, chunked', b'chunked;q=0', b'\x0bchunked', b'chunked\x00'):
        yield f'coding {coding}', head + b'Transfer-Encoding: ' + coding + b'\r\n\r\n0\r\n\r\n'
    yield 'HTTP/1.0 with chunks', chunked.replace(b'HTTP/1.1', b'HTTP/1.0') + b'2\r\n{}\r\n0\r\n\r\n'
    yield 'expects nonsense', head + b'Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}'
    yield 'HTTP/2 preface', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00'
    yield 'TLS', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(500)


def smuggling(method, path, host):
    """Returns (name, bytes): one request that hides another one in bytes that two programs may read differently."""
    field = b'Host: ' + host.encode() + b'\r\n'
    hidden = b'GET /healthz HTTP/1.1\r\n' + field + b'\r\n'
    head = f'{method} {path} HTTP/1.1\r\n'.encode() + field
    length = b'Content-Length: %d\r\n' % (5 + len(hidden))
    for name, fields in {
            'length and chunks': length + b'Transfer-Encoding: chunked\r\n', 'chunks and length': b'Transfer-Encoding: chunked\r\n' + length,
            'chunks and length 0': b'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', 'a coding with a blank': length + b'Transfer-Encoding : chunked\r\n',
            'an unknown coding': length + b'Transfer-Encoding: xchunked\r\n', 'chunked before another': length + b'Transfer-Encoding: chunked, identity\r\n',
            'two codings': length + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', 'a folded coding': length + b'Transfer-Encoding:\r\n chunked\r\n',
            'a coding in a value': length + b'X: a\nTransfer-Encoding: chunked\r\n', 'lengths that differ': length + b'Content-Length: 0\r\n',
            'lengths that differ, the other way': b'Content-Length: 0\r\n' + length, 'a list of lengths': b'Content-Length: 0, %d\r\n' % (5 + len(hidden))}.items():
        yield name, head + fields + b'\r\n0\r\n\r\n' + hidden


def answers_to(server, raw):
    host, port = server.host.split(':')
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.settimeout(30)
        text = b''
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                text += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    return [int(status) for status in STATUS.findall(text)], text


@pytest.mark.parametrize('method, path', ROUTES, ids=lambda value: value[:30])
def test_malformed_bytes(sample_server, method, path):
    forms, wrong = list(malformed(method, path, sample_server.host)), []
    assert len(forms) > 90
    for name, raw in forms:
        statuses, text = answers_to(sample_server, raw)
        if len(statuses) > 1 or any(status >= 500 for status in statuses) or b'Traceback' in text:
            wrong.append(f'{name}: {statuses} {text[:200]}')
        if name.startswith(('coding', 'two hosts')) and statuses != [400]:
            wrong.append(f'{name}: {statuses} instead of 400')
    assert not wrong, '\n'.join(wrong)
    assert sample_server.get('/status').status == 200 and sample_server.process.poll() is None


@pytest.mark.parametrize('method, path', ROUTES, ids=lambda value: value[:30])
def test_nothing_is_smuggled(sample_server, method, path):
    wrong = []
    for name, raw in smuggling(method, path, sample_server.host):
        statuses, text = answers_to(sample_server, raw)
        if len(statuses) > 1 or any(status >= 500 for status in statuses) or b'\r\n\r\nok\n' in text:
            wrong.append(f'{name}: {statuses} {text[:200]}')
    assert not wrong, '\n'.join(wrong)
    assert sample_server.get('/status').status == 200


def test_a_good_request_behind_another_is_answered(sample_server):
    """Control: two requests on one connection do return two answers, so the tests above could see them."""
    request = f'GET /healthz HTTP/1.1\r\nHost: {sample_server.host}\r\n\r\n'.encode()
    assert answers_to(sample_server, 2 * request)[0] == [200, 200]
