"""Stores of both kinds: a folder, and a real S3 server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from chenu.media.places import Place
from chenu.media.store import MediaStore
from tests.media.s3_server import S3Server, ending, make_s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Fails the test that asks for it where it cannot be started."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-s3-"))
    with ending(make_s3(folder), folder) as server:
        server.start()
        yield server


@pytest.fixture(autouse=True)
def _certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which tests/conftest.py takes away: without any, the library of the store does not begin."""
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())


@pytest.fixture(params=["folder", "S3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    if request.param == "folder":
        return MediaStore(Place(str(tmp_path / "media")))
    server: S3Server = request.getfixturevalue("s3_server")
    return MediaStore(server.place(tmp_path.name))
