"""Static files: read once, compressed once, with a hash of their content in the URL."""

import gzip
import hashlib
from functools import cache, cached_property
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".map": "application/json",
}
_STYLES = "site.css"
_LAYERS = ("tokens", "base", "layout", "forms", "components", "store", "work", "print")
"""The files of the one style sheet, in the order of its cascade layers."""


class Asset(msgspec.Struct, frozen=True, dict=True):
    body: bytes
    content_type: str

    @cached_property
    def version(self) -> str:
        return version_of(self.body)

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)


def version_of(body: bytes) -> str:
    """A hash of the content."""
    return hashlib.sha256(body).hexdigest()[:12]


def find_asset(name: str) -> Asset | None:
    """By its path below static/; `site.css` is all style sheets as one."""
    return _load(name) if name == _STYLES or name in _names() else None


@cache
def _load(name: str) -> Asset:
    if name == _STYLES:
        parts = [(STATIC / "css" / f"{layer}.css").read_bytes() for layer in _LAYERS]
        return Asset(b"\n".join(parts), _TYPES[".css"])
    path = STATIC / name
    return Asset(path.read_bytes(), _TYPES[path.suffix])


@cache
def asset_url(name: str) -> str:
    """Contains the content's hash, so that browsers may cache it without limit."""
    asset = find_asset(name)
    if asset is None:
        raise LookupError(f"there is no file static/{name}; scripts/frontend.py fetches vendor/")
    return f"/static/{name}?v={asset.version}"


@cache
def _names() -> frozenset[str]:
    """The files that may be served; a request's path is only looked up among them."""
    files = (path for path in STATIC.rglob("*") if path.suffix in _TYPES and path.is_file())
    return frozenset(path.relative_to(STATIC).as_posix() for path in files)
