"""Column kinds that every feature's tables share.

Ids and times have no default: Piccolo would write the value at the time of the migration into the
database as the default of every row. Code that inserts a row gives them.
"""

from typing import Any

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz
from piccolo.table import Table


def primary_id() -> UUID:
    """A UUIDv7 from `chenu.core.ids.new_id`."""
    return UUID(primary_key=True, default=None)


def business_time(**options: Any) -> Timestamptz:
    """UTC, on the business clock."""
    return Timestamptz(**{"default": None, **options})


def system_time(**options: Any) -> Timestamptz:
    """UTC, on the system clock."""
    return Timestamptz(**{"default": None, **options})


def belongs_to(parent: type[Table], **options: Any) -> ForeignKey[Any]:
    """A foreign key whose parent cannot be deleted, because financial history is never cascaded
    away.

    NOT NULL unless `null=True`.
    """
    return ForeignKey(parent, on_delete=OnDelete.restrict, **{"null": False, **options})
