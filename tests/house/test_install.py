"""Installing from a lock file, on an index that has moved on since it was made."""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "scripts" / "install_lock.py"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        pass


def make_wheel(index: Path, name: str, version: str, *metadata: str) -> str:
    """A release that holds nothing but what it asks for; its hash."""
    folder = index / name
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    described = [f"Name: {name}", f"Version: {version}", *metadata]
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *described, ""]))
        tags = ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any", ""]
        wheel.writestr(f"{info}/WHEEL", "\n".join(tags))
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Path]:
    """A folder that is served as a package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        (tmp_path / "port").write_text(str(server.server_port))
        yield folder
        server.shutdown()
        thread.join()


def install(tmp_path: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """Into a new environment, with nothing but the served index."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (tmp_path / "requirements.lock").write_text(lock)
    port = (tmp_path / "port").read_text()
    others = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    env = {**others, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"http://127.0.0.1:{port}/"}
    command = [sys.executable, str(INSTALL), str(tmp_path / "requirements.lock")]
    command += ["--python", str(home / "bin" / "python")]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def installed(tmp_path: Path) -> set[str]:
    """The releases in the environment, as name-version."""
    found = (tmp_path / "environment").rglob("*.dist-info")
    return {path.name.removesuffix(".dist-info") for path in found}


def test_a_release_newer_than_the_locked_one_changes_nothing(tmp_path: Path, index: Path) -> None:
    asks = make_wheel(index, "asks", "1.0", "Requires-Dist: holds[mail]<9")
    extra = ("Provides-Extra: mail", 'Requires-Dist: post>=1; extra == "mail"')
    holds = make_wheel(index, "holds", "2.14.3", *extra)
    post = make_wheel(index, "post", "1.0")
    for newer in ("2.14.4", "2.15.0"):
        make_wheel(index, "holds", newer, *extra)
    make_wheel(index, "post", "1.1")
    lock = (
        f"asks==1.0 --hash=sha256:{asks}\n"
        f"holds[mail]==2.14.3 --hash=sha256:{holds}\n"
        f"post==1.0 --hash=sha256:{post}\n"
    )

    done = install(tmp_path, lock)

    assert (done.returncode, done.stderr) == (0, "")
    assert installed(tmp_path) == {"asks-1.0", "holds-2.14.3", "post-1.0"}


def test_a_lock_that_lacks_what_an_extra_needs_is_refused(tmp_path: Path, index: Path) -> None:
    asks = make_wheel(index, "asks", "1.0", "Requires-Dist: holds>=3")
    make_wheel(index, "holds", "3.0")

    done = install(tmp_path, f"asks==1.0 --hash=sha256:{asks}\n")

    assert done.returncode == 1
    assert "asks 1.0 requires holds, which is not installed" in done.stderr


def test_a_release_with_another_content_is_refused(tmp_path: Path, index: Path) -> None:
    make_wheel(index, "asks", "1.0")

    done = install(tmp_path, f"asks==1.0 --hash=sha256:{'0' * 64}\n")

    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert installed(tmp_path) == set()


def test_nothing_is_installed_but_from_a_lock() -> None:
    scripts = [*ROOT.glob("scripts/*.py"), *ROOT.glob("bench/*.py")]
    sources = [*scripts, ROOT / "Makefile", ROOT / ".ci" / "run"]
    installing = re.compile(r"pip\W+(\w+\W+)?install")

    assert {path.name for path in sources if installing.search(path.read_text())} == {INSTALL.name}
