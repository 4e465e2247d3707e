"""Manifests: what is sold. Validated against the published JSON Schema, errors name the path."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from chenu.agents.manifest_text import check_manifest_text
from chenu.core.errors import ChenuError, Invalid, reject_if_any

MAX_BYTES = 64_000
MAX_ERRORS = 20
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON writes it; the database keeps no text with it."""
SCHEMA_PATH = Path(__file__).parent / "manifest.schema.json"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text()))


def parse_manifest(text: str) -> Any:
    """The JSON of a form field; raises Invalid with line and column."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise _too_large()
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise Invalid("The manifest is nested too deeply", path=("manifest",)) from None
    except json.JSONDecodeError as error:
        message = "The manifest is not JSON: line {line}, column {column}"
        where = {"line": error.lineno, "column": error.colno}
        raise Invalid(message, path=("manifest",), **where) from None
    except ValueError:  # a number of thousands of digits
        raise _not_json() from None


def check_manifest(manifest: Any) -> dict[str, Any]:
    """The manifest itself; raises Invalid or Rejected, one error per place that is wrong."""
    _require_storable(manifest)
    reject_if_any(check_manifest_text(manifest))
    found = sorted(_validator().iter_errors(manifest), key=lambda error: list(map(str, error.path)))
    reject_if_any([_explain(error) for error in found[:MAX_ERRORS]])
    checked: dict[str, Any] = manifest
    return checked


def _require_storable(manifest: Any) -> None:
    """What every JSON reader takes, our database among them: raises Invalid."""
    try:
        text = json.dumps(manifest, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise _not_json() from None
    if size > MAX_BYTES:
        raise _too_large()
    if _NUL.search(text):
        raise Invalid("Please enter text without control characters", path=("manifest",))


def _explain(error: ValidationError) -> ChenuError:
    path = ("manifest", *(str(part) for part in error.absolute_path))
    place = ".".join(path)
    # which property is missing or too much, only the validator's own sentence says
    if error.validator == "required":
        name = error.message.split("'")[1]
        return Invalid("{place}: {name} is missing", path=path, place=place, name=name)
    if error.validator == "additionalProperties":
        names = error.message.partition("(")[2].rpartition(" w")[0][:100]
        return Invalid("{place} may not hold {names}", path=path, place=place, names=names)
    message = "{place} must satisfy {rule}: {value}"
    return Invalid(message, path=path, place=place, rule=error.validator, value=_rule_value(error))


def _rule_value(error: ValidationError) -> str:
    """The schema's demand, never what was sent: errors stay short and safe to show."""
    return json.dumps(error.validator_value)[:100]


def _too_large() -> Invalid:
    return Invalid("The manifest is larger than {count} bytes", path=("manifest",), count=MAX_BYTES)


def _not_json() -> Invalid:
    return Invalid("The manifest is not JSON", path=("manifest",))


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)
