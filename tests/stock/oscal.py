"""Holds OSCAL documents to NIST's JSON schemas, as Python's jsonschema reads them.

Arguments: a schema and a document, as often as wanted. The schemas' patterns use
`\\p{L}`, which Python's own `re` does not know: the `regex` module does.
"""

import json
import sys

import jsonschema
import regex
from jsonschema import Draft7Validator, validators


def pattern(_, wanted, instance, __):
    if isinstance(instance, str) and not regex.search(wanted, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")


Validator = validators.extend(Draft7Validator, {"pattern": pattern})
wrong = 0
schemas = {}
for schema, document in zip(sys.argv[1::2], sys.argv[2::2]):
    if schema not in schemas:
        with open(schema, encoding="utf-8") as file:
            schemas[schema] = Validator(json.load(file), format_checker=Validator.FORMAT_CHECKER)
    with open(document, encoding="utf-8") as file:
        for error in schemas[schema].iter_errors(json.load(file)):
            wrong += 1
            print(f"{document}: /{'/'.join(map(str, error.path))}: {error.message[:300]}")
print(f"{len(sys.argv) // 2} documents, {wrong} errors")
sys.exit(1 if wrong else 0)
