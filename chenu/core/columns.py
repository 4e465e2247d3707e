"""Column kinds that every feature's tables share.

Ids and moments have no default: Piccolo would write the value of one moment into the database as
everybody's default. Whoever inserts names them.
"""

from typing import Any

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz
from piccolo.table import Table


def primary_id() -> UUID:
    """Made by `chenu.core.ids.new_id`."""
    return UUID(primary_key=True, default=None)


def business_time(**options: Any) -> Timestamptz:
    """UTC, of the clock that the demo and tests move."""
    return Timestamptz(**{"default": None, **options})


def system_time(**options: Any) -> Timestamptz:
    """UTC, of the clock that nobody moves."""
    return Timestamptz(**{"default": None, **options})


def belongs_to(parent: type[Table], **options: Any) -> ForeignKey[Any]:
    """A foreign key that refuses to lose its parent: money's history is never cascaded away.

    Never empty unless `null=True`.
    """
    return ForeignKey(parent, on_delete=OnDelete.restrict, **{"null": False, **options})
