"""What a backup says of itself: when and of which version it is, how many rows, which hashes."""

from datetime import datetime

import msgspec

FORMAT = 1
MANIFEST, DIGEST = "manifest.json", "manifest.sha256"
DUMP = "database.dump"
MEDIA = "media/"


class StoredFile(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`made_at` is system time, `business_time` the same moment for the business, both UTC.

    `tables` counts the rows of each. `pictures` None: they were left out. `missing_pictures` have a
    row and had no file.
    """

    format: int
    made_at: datetime
    business_time: datetime
    version: str
    postgres: int
    migrations: list[str]
    tables: dict[str, int]
    pictures: int | None
    missing_pictures: list[str]
    files: dict[str, StoredFile]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    @property
    def schema(self) -> str:
        """The newest migration."""
        return max(self.migrations, default="none")
