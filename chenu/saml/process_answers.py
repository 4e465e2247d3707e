"""What the process that verifies and the one that started it say to each other."""

import msgspec

from chenu.saml.assertions import Expectation
from chenu.saml.refusals import Refusal

MOST_BYTES = 256_000
"""Of one answer; those of real providers have 5 to 20 KB."""
REFUSED = 20
"""The exit status of a refusal."""


class Question(msgspec.Struct, frozen=True):
    response: bytes
    expected: Expectation


class RefusedAnswer(msgspec.Struct, frozen=True):
    refusal: Refusal
    detail: str
