"""The full set of keys that Stripe sends for each kind of object, as JSON files with defaults.

Which keys are there follows Stripe's published sample objects: a key that is null at Stripe is null
here, because the SDK raises AttributeError for a key that is missing.
"""

from functools import cache
from importlib.resources import files

from chenu.sandbox.engine.json_types import Json, loads


@cache
def _source(name: str) -> bytes:
    return (files("chenu.sandbox.contract") / "shape_files" / f"{name}.json").read_bytes()


@cache
def keys_of(name: str) -> frozenset[str]:
    """The top-level keys of a shape."""
    return frozenset(loads(_source(name)))


def new(name: str, /, **values: object) -> Json:
    """A fresh object of that shape with some values set; a key it does not have is a bug."""
    unknown = values.keys() - keys_of(name)
    if unknown:
        raise KeyError(f"{name} has no {', '.join(sorted(unknown))}")
    body: Json = loads(_source(name))
    body.update(values)
    return body


@cache
def exists(name: str) -> bool:
    return (files("chenu.sandbox.contract") / "shape_files" / f"{name}.json").is_file()
