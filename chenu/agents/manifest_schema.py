"""What a manifest breaks of the published JSON Schema, as our errors."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark


@cache
def _validator(schema: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema.read_text()))


def find_violations(manifest: Any, schema: Path) -> list[ChenuError]:
    """Sorted by path. `schema` is a file."""
    errors = _validator(schema).iter_errors(manifest)
    found = sorted(errors, key=lambda error: list(map(str, error.path)))
    return [_explain(error) for error in found]


def _explain(error: ValidationError) -> ChenuError:
    path = ("manifest", *(str(part) for part in error.absolute_path))
    place = ".".join(path)
    # only the validator's own message names the missing or unexpected property
    if error.validator == "required":
        name = error.message.split("'")[1]
        return Invalid("{place}: {name} is missing", path=path, place=place, name=name)
    if error.validator == "additionalProperties":
        names = error.message.partition("(")[2].rpartition(" w")[0][:100]
        return Invalid("{place} may not hold {names}", path=path, place=place, names=names)
    message = mark("{place} must satisfy {rule}: {value}")
    return Invalid(message, path=path, place=place, rule=error.validator, value=_rule_value(error))


def _rule_value(error: ValidationError) -> str:
    """The schema's requirement, never the value that was sent: errors stay short and safe
    to show.
    """
    return json.dumps(error.validator_value)[:100]
