"""Where pictures are kept: a folder, or storage that speaks S3, by one setting."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from chenu.media.pictures import PictureHash, PictureSize, Renditions
from chenu.media.places import Bucket, Place

log = structlog.get_logger(__name__)

_TIMEOUT = timedelta(seconds=5)
_FAILURES = (BaseError, OSError, ValueError)
_NOT_STORED = mark("Pictures cannot be stored at the moment. Please try again later")
_NOT_READ = mark("Pictures cannot be shown at the moment. Please try again later")
_NOT_DELETED = mark("Pictures cannot be deleted at the moment")


class MediaStore:
    """Files are written once, whole or not at all, and never changed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._store: LocalStore | S3Store | None = None

    async def put(self, name: PictureHash, renditions: Renditions) -> None:
        """All sizes or none; raises Unavailable."""
        try:
            for size, content in renditions.files.items():
                await self._open().put_async(
                    _key(name, size),
                    content,
                    use_multipart=False,
                    attributes=self._attributes,
                )
        except _FAILURES as error:
            with suppress(Unavailable):
                await self.delete(name)
            log.error("media_not_stored", name=name, error=_describe(error))
            raise Unavailable(_NOT_STORED) from None

    async def find(self, name: PictureHash, size: PictureSize) -> bytes | None:
        """Raises Unavailable."""
        try:
            found = await self._open().get_async(_key(name, size))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except _FAILURES as error:
            log.error("media_not_read", name=name, error=_describe(error))
            raise Unavailable(_NOT_READ) from None

    async def delete(self, name: PictureHash) -> None:
        """All sizes. Again changes nothing. Raises Unavailable."""
        try:
            for size in PictureSize:
                with suppress(FileNotFoundError):
                    await self._open().delete_async(_key(name, size))
        except _FAILURES as error:
            log.error("media_not_deleted", name=name, error=_describe(error))
            raise Unavailable(_NOT_DELETED) from None

    @property
    def _attributes(self) -> dict[str, Any] | None:
        """A folder has nowhere to write them."""
        return {"Content-Type": "image/webp"} if self._place.bucket else None

    def _open(self) -> LocalStore | S3Store:
        """At the first use: a folder that cannot be made concerns pictures alone."""
        if self._store is None:
            bucket = self._place.bucket
            self._store = (
                _open_bucket(bucket) if bucket else LocalStore(self._place.folder, mkdir=True)
            )
        return self._store


def _open_bucket(bucket: Bucket) -> S3Store:
    """What is not given, the library finds as Amazon's tools do: the machine's own role."""
    config: dict[str, Any] = {
        "endpoint": bucket.endpoint,
        "region": bucket.region,
        "access_key_id": bucket.access_key,
        "secret_access_key": bucket.secret_key,
    }
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config={name: value for name, value in config.items() if value},  # type: ignore[arg-type]
        client_options={
            "timeout": _TIMEOUT,
            "connect_timeout": _TIMEOUT,
            "allow_http": bool(bucket.endpoint and bucket.endpoint.startswith("http://")),
        },
        retry_config={"max_retries": 2, "retry_timeout": 2 * _TIMEOUT},
    )


def _key(name: PictureHash, size: PictureSize) -> str:
    """Folders of two digits, so that none grows without end."""
    return f"{name[:2]}/{name}-{size}.webp"


def _describe(error: Exception) -> str:
    """The kind and the first line: an answer of a server may be a page."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
