"""Negotiates the response's media type by the Accept header and its weights.

Without one, and for `*/*`, it is application/json: older GraphQL clients expect it, and the audit
suite of GraphQL over HTTP requires it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec

from chenu.core.negotiation import read_weights

_LONGEST_CACHED = 300


class MediaType(StrEnum):
    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENTS = "text/event-stream"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    MediaType.JSON: "application/json",
    MediaType.GRAPHQL: "application/graphql-response+json; charset=utf-8",
    MediaType.EVENTS: "text/event-stream",
}


class Accepted(msgspec.Struct, frozen=True):
    """`best` is None if none of our types is accepted. `plain` is for errors before any event."""

    best: MediaType | None
    plain: MediaType
    takes_events: bool


def read_accept(accept: str) -> Accepted:
    if len(accept) > _LONGEST_CACHED:
        return _read(accept)
    return _read_again(accept)


def _read(accept: str) -> Accepted:
    weights = read_weights(accept) or {"*/*": 1}
    plain = _choose(weights, (MediaType.JSON, MediaType.GRAPHQL))
    return Accepted(
        best=_choose(weights, tuple(MediaType)),
        plain=plain or MediaType.JSON,
        takes_events=weights.get(MediaType.EVENTS, 0) > 0,
    )


_read_again = lru_cache(maxsize=256)(_read)


def _choose(weights: Mapping[str, float], offers: Sequence[MediaType]) -> MediaType | None:
    """The highest weight; then the most specific range, then the first of our types."""
    ranked = [(rank, offer) for offer in offers if (rank := _rank(weights, offer))[0] > 0]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _rank(weights: Mapping[str, float], offer: MediaType) -> tuple[float, int, int]:
    """Weight, specificity, and position in the list."""
    for exactness, name in enumerate(_ranges(offer)):
        if name in weights:
            return weights[name], -exactness, -list(weights).index(name)
    return 0, 0, 0


def _ranges(offer: MediaType) -> tuple[str, ...]:
    """An event stream must be named explicitly."""
    kind = offer.partition("/")[0]
    return (offer,) if offer is MediaType.EVENTS else (offer, f"{kind}/*", "*/*")
