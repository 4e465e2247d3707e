"""Where pictures may be kept, as the settings say it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_PLACE = "media"
"""A folder below that in which the process starts."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Storage that speaks S3. `endpoint` None is Amazon itself."""

    name: str
    prefix: str
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Place:
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
