# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/openapi.yaml by itself: references, schemas, examples. The answers of the program are compared in tests/e2e."""
import pathlib

import jsonschema
import pytest
import yaml

import openapi

DOCUMENT = yaml.safe_load((pathlib.Path(__file__).resolve().parents[2] / 'docs/openapi.yaml').read_text())
SCHEMAS = DOCUMENT['components']['schemas']


def validate(name, instance):
    jsonschema.Draft202012Validator({'components': DOCUMENT['components'], '$ref': f'#/components/schemas/{name}'}).validate(instance)


def test_the_document_is_valid():
    openapi.check_document(DOCUMENT)


@pytest.mark.parametrize('name', [name for name, schema in SCHEMAS.items() if 'examples' in schema])
def test_an_example_is_valid(name):
    for example in SCHEMAS[name]['examples']:
        validate(name, example)


def test_every_document_that_an_answer_has_has_an_example():
    missing = []
    for path, item in DOCUMENT['paths'].items():
        for method, operation in item.items():
            for status, answer in operation['responses'].items():
                schema = answer.get('content', {}).get('application/json', {}).get('schema')
                if status.startswith('2') and schema and 'examples' not in openapi.resolve(DOCUMENT, schema['$ref']):
                    missing.append((method, path, schema['$ref']))
    assert not missing


def test_every_schema_is_used():
    text = yaml.safe_dump(DOCUMENT)
    events = {'PhotosAdded', 'ScanProblem', 'Progress', 'Summary', 'Failure'}  # of GET /events
    assert [name for name in SCHEMAS if f'schemas/{name}\'' not in text and f'schemas/{name}\n' not in text and name not in events] == []
