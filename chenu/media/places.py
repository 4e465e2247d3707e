"""Where pictures may be kept, as the settings say it."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

DEFAULT_PLACE = "media"
"""A folder below that in which the process starts."""


class Bucket(msgspec.Struct, frozen=True):
    """Storage that speaks S3. `endpoint` None is Amazon itself."""

    name: str
    prefix: str
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None

    def __repr__(self) -> str:
        """Without keys: it may stand in a log."""
        return f"Bucket({self.name}, {self.endpoint})"


class Place(msgspec.Struct, frozen=True):
    """A folder, or else a bucket."""

    folder: str | None = None
    bucket: Bucket | None = None


def read_place(raw: str) -> Place:
    """Raises ValueError with what is allowed."""
    if "://" not in raw and raw.strip():
        return Place(str(Path(raw).absolute()))
    parts = urlsplit(raw)
    if parts.scheme != "s3" or not parts.hostname or parts.netloc != parts.hostname or parts.query:
        raise ValueError("a folder, or s3://bucket/prefix")
    return Place(bucket=Bucket(parts.netloc, parts.path.strip("/")))
