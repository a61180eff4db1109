#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_schema.py SCHEMA JSON: does the document hold to the schema, and is the schema one? Says what is wrong."""
import json
import sys

import jsonschema

schema, document = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
errors = [f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]
print("\n".join(errors), end="")
sys.exit(1 if errors else 0)
