"""HTTP headers with weighted lists (RFC 9110, 12.4.2), such as Accept."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_WEIGHT = re.compile(r"0(?:\.[0-9]{0,9})?|1(?:\.0{0,9})?")
_MOST_ENTRIES = 50
_LONGEST_CACHED = 300

_UNLISTED: Mapping[str, float] = MappingProxyType({})


def read_weights(header: str) -> Mapping[str, float]:
    """Each name in lower case with its weight from 0 to 1, in the order sent.

    An entry with an invalid weight is ignored; of a repeated name the highest weight counts.
    Parameters other than the weight are ignored.
    """
    if not header:
        return _UNLISTED
    if len(header) > _LONGEST_CACHED:
        return _read(header)
    return _read_again(header)


def _read(header: str) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for entry in header.split(",", _MOST_ENTRIES)[:_MOST_ENTRIES]:
        name, _, params = entry.partition(";")
        weight = _weight_of(params)
        name = name.strip().lower()
        if name and weight is not None:
            weights[name] = max(weight, weights.get(name, 0))
    return MappingProxyType(weights)


_read_again = lru_cache(maxsize=256)(_read)


def _weight_of(params: str) -> float | None:
    """1 if none is given; None if it is invalid."""
    for param in params.split(";"):
        name, _, value = param.partition("=")
        if name.strip().lower() == "q":
            found = _WEIGHT.fullmatch(value.strip())
            return float(found[0]) if found else None
    return 1


def weight_of_media_type(accept: str, media_type: str) -> float:
    """The weight of this media type from 0 to 1; 1 if no list was sent."""
    weights = read_weights(accept)
    if not weights:
        return 1
    kind = media_type.partition("/")[0]
    ranges = (media_type, f"{kind}/*", "*/*")
    return next((weights[name] for name in ranges if name in weights), 0)


def asks_for_html(accept: str) -> bool:
    """Whether HTML is named explicitly, as browsers do.

    `*/*` alone means a program that wants data.
    """
    weights = read_weights(accept)
    request = max(weights.get("text/html", 0), weights.get("application/xhtml+xml", 0))
    return request > 0 and request >= weight_of_media_type(accept, "application/json")


def prefers_gzip(accept_encoding: str) -> bool:
    """Whether gzip is accepted, and has no lower weight than the uncompressed form."""
    weights = read_weights(accept_encoding)
    others = weights.get("*")
    gzip = max(weights.get("gzip", -1), weights.get("x-gzip", -1))
    if gzip < 0:
        gzip = others if others is not None else -1
    plain = weights.get("identity", 0 if others == 0 else -1)
    if plain == 0:  # identity is refused, so compress unless gzip is refused as well
        return gzip != 0
    return gzip > 0 and gzip >= plain
