"""What the process that verifies and the one that started it say to each other."""

from dataclasses import dataclass

from chenu.saml.assertions import Expectation
from chenu.saml.refusals import Refusal

MOST_BYTES = 256_000
"""Of one answer; those of real providers have 5 to 20 KB."""
REFUSED = 20
"""The exit status of a refusal."""


@dataclass(frozen=True, slots=True)
class Question:
    response: bytes
    expected: Expectation


@dataclass(frozen=True, slots=True)
class RefusedAnswer:
    refusal: Refusal
    detail: str
