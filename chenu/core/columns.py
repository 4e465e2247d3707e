"""Column kinds that every feature's tables share."""

from typing import Any

from piccolo.columns import ForeignKey, OnDelete
from piccolo.table import Table


def belongs_to(parent: type[Table], **options: Any) -> ForeignKey[Any]:
    """A foreign key that refuses to lose its parent: money's history is never cascaded away."""
    return ForeignKey(parent, on_delete=OnDelete.restrict, **options)
