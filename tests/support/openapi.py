# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks responses against the schemas of an OpenAPI 3.x document."""
import jsonschema


def operation(document, method, route):
    """route: as in docs/http.md, '/photos/{id}'. The document may have /api/v1 in its paths or in its server."""
    for path in (route, '/api/v1' + route):
        if path in document['paths']:
            return document['paths'][path][method.lower()]
    raise AssertionError(f'{route} is not in the OpenAPI document, which has {sorted(document["paths"])}')


def schema_of(document, method, route, status, media):
    responses = operation(document, method, route)['responses']
    answer = responses.get(str(status)) or responses.get(f'{str(status)[0]}XX') or responses.get('default')
    assert answer is not None, f'{method} {route}: {status} is not documented, only {sorted(responses)}'
    if '$ref' in answer:
        answer = resolve(document, answer['$ref'])
    assert media in answer.get('content', {}), f'{method} {route} {status}: {media} is not documented, only {sorted(answer.get("content", {}))}'
    return answer['content'][media].get('schema', {})


def resolve(document, pointer):
    value = document
    for part in pointer.removeprefix('#/').split('/'):
        value = value[part.replace('~1', '/').replace('~0', '~')]
    return value


def check(document, method, route, status, instance, media='application/json'):
    schema = schema_of(document, method, route, status, media)
    # references of the form #/components/... resolve inside this one document
    whole = {'components': document.get('components', {}), 'allOf': [schema]}
    jsonschema.Draft202012Validator(whole).validate(instance)


def check_document(document):
    """Checks the document itself: version, an answer for every operation, resolvable references, valid schemas."""
    assert document['openapi'].startswith('3.1'), document['openapi']
    assert document['info']['title'] and document['info']['version']
    for path, item in document['paths'].items():
        assert path.startswith('/'), path
        for method, op in item.items():
            if method in ('get', 'post', 'delete', 'put', 'patch', 'head'):
                assert op.get('responses'), (method, path)
                parameters = [resolve(document, p['$ref']) if '$ref' in p else p for p in [*item.get('parameters', []), *op.get('parameters', [])]]
                placed = {p['name'] for p in parameters if p['in'] == 'path'}
                wanted = {part[1:-1] for part in path.split('/') if part.startswith('{')}
                assert placed == wanted, f'{method} {path}: path parameters {placed} documented, {wanted} in the path'
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get('$ref'), str):
                resolve(document, value['$ref'])
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    for schema in document.get('components', {}).get('schemas', {}).values():
        jsonschema.Draft202012Validator.check_schema(schema)


def fields_for_viewers(document, schema):
    """Returns {name: the same of its schema} of the fields that viewers may see; None for a value, '*' for any names."""
    if '$ref' in schema:
        return fields_for_viewers(document, resolve(document, schema['$ref']))
    if 'items' in schema:
        return fields_for_viewers(document, schema['items'])
    if 'oneOf' in schema:
        return fields_for_viewers(document, schema['oneOf'][0])
    if schema.get('additionalProperties'):
        return '*'
    fields = {}
    for part in schema.get('allOf', []):
        fields |= fields_for_viewers(document, part) or {}
    fields |= {name: fields_for_viewers(document, one) for name, one in schema.get('properties', {}).items() if not one.get('x-owners-only')}
    return fields or None


def check_for_viewer(document, method, route, answer):
    """Checks that an answer has no field that is not documented for viewers, and no text that is a path."""
    def walk(value, fields, place):
        if isinstance(value, list):
            for one in value:
                walk(one, fields, place)
        elif isinstance(value, dict):
            assert fields is not None, f'{place} is an object, but documented as a value'
            for name, inner in value.items():
                assert fields == '*' or name in fields, f'{place}.{name} is not documented for viewers'
                walk(inner, None if fields == '*' else fields[name], f'{place}.{name}')
        elif isinstance(value, str):
            assert not value.startswith('/'), f'{place} is a path: {value}'
    walk(answer, fields_for_viewers(document, schema_of(document, method, route, 200, 'application/json')), f'{method} {route}')
