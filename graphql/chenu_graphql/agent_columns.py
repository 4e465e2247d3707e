"""Fields of listed agents that are columns: a list of them is read straight into the answer.

tests/api/test_shown_columns.py compares each with what its resolver says.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from chenu.core.global_id import encode_id


class Column(msgspec.Struct, frozen=True):
    """Fields of AgentRow, from which `make` makes the value; without it there is one, as it is."""

    names: tuple[str, ...]
    make: Callable[..., Any] | None = None


class Part(msgspec.Struct, frozen=True):
    """An object whose columns stand beside the agent's; null where the column `present` is."""

    present: str
    columns: Mapping[str, Column]


def _column(name: str) -> Column:
    return Column((name,))


def rate(rating_sum: int, review_count: int) -> float | None:
    """The average of the stars; None without reviews."""
    return rating_sum / review_count if review_count else None


def minutes_of(seconds: int) -> float:
    return seconds / 60


_CREATOR = Part(
    "creator_id",
    {
        "id": Column(("creator_id",), partial(encode_id, "Creator")),
        "handle": _column("creator_handle"),
        "displayName": _column("creator_name"),
        "bio": _column("creator_bio"),
        "payoutsReady": _column("payouts_ready"),
    },
)
AGENT_COLUMNS: Mapping[str, Column | Part] = {
    "id": Column(("id",), partial(encode_id, "Agent")),
    "slug": _column("slug"),
    "kind": _column("kind"),
    "status": _column("status"),
    "name": _column("name"),
    "tagline": _column("tagline"),
    "description": _column("description"),
    "descriptionHtml": _column("description_html"),
    "capabilities": _column("capabilities"),
    "permissions": _column("permissions"),
    "level": _column("level"),
    "language": _column("language"),
    "installs": _column("installs"),
    "reviewCount": _column("review_count"),
    "rating": Column(("rating_sum", "review_count"), rate),
    "averageMinutesSaved": Column(("seconds_saved",), minutes_of),
    "publishedAt": _column("published_at"),
    "updatedAt": _column("updated_at"),
    "creator": _CREATOR,
}
"""By the names of the type Agent's fields."""


class Shown(msgspec.Struct, frozen=True, eq=False):
    """The columns that one query shows of a list of agents: one object for each such list."""

    names: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """For people who read the compiled query."""
        return f"columns {', '.join(self.names)}"


def find_shown(info: Any) -> Shown | None:
    """What a resolver of a list may read; None: whole rows, as for graphql-core."""
    return getattr(info, "shown", None)
