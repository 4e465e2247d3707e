"""One operation as it was sent, and its answer as it is sent back."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import GraphQLError

from chenu.metering.charges import NOTHING_TAKEN, Charge
from chenu_graphql.context import Context


class GraphQLRequest(msgspec.Struct, frozen=True):
    """One operation as it was sent."""

    query: str
    variables: Mapping[str, Any] = msgspec.field(default_factory=dict)
    operation_name: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """`requested` and `actual` are costs in points; without `is_begun` there is no `data` key.

    `is_query`: nothing was changed, so that the answer may be cached.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    requested: int = 0
    actual: int = 0
    is_begun: bool = False
    is_query: bool = False
    charge: Charge = NOTHING_TAKEN

    @property
    def codes(self) -> list[str]:
        return [(error.extensions or {})["code"] for error in self.errors]

    def to_dict(self) -> dict[str, Any]:
        """The response of the GraphQL specification."""
        body: dict[str, Any] = {"data": self.data} if self.is_begun else {}
        if self.errors:
            body["errors"] = [error.formatted for error in self.errors]
        body["extensions"] = {"cost": self._cost()}
        return body

    def _cost(self) -> dict[str, int | None]:
        """Points, then calls; SharedAnswer finds `available` in what this is written as."""
        return {
            "requested": self.requested,
            "actual": self.actual,
            "calls": self.charge.calls,
            "available": self.charge.available,
            "restoreRate": self.charge.restore_rate,
        }

    async def record_reading(self, ctx: Context) -> None:
        """To be called once the answer is written: until then nothing counts as read."""
        await ctx.reading.record(ctx.actor, self.data, is_whole=not self.errors)
