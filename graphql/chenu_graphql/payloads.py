"""Answers of mutations: results by field name, or why the request was refused."""

from collections.abc import Sequence
from typing import Any

from chenu_graphql.errors import Refusal
from chenu_graphql.fields import Weight, field
from chenu_graphql.permissions import PARENT


class Payload:
    """The source of every payload type; results that are not given are null."""

    def __init__(self, *, user_errors: Sequence[Refusal] = (), **results: Any) -> None:
        self.user_errors = user_errors
        self._results = results

    @property
    def ok(self) -> bool:
        return not self.user_errors

    def __getattr__(self, name: str) -> Any:
        return self._results.get(name)


def user_errors() -> Any:
    """The field that every payload has: list[UserError]."""
    return field(
        "Why it was refused; nothing was changed then. Empty when it was done.",
        PARENT,
        weight=Weight(points=0),
    )
