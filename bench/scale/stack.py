"""Engines and proxies of deploy/, each on a machine of its own."""

import asyncio
import json
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.scale.machines import NETWORK, Machine
from bench.scale.places import DATABASES, IPS, NODES, PASSWORD, SPARE_DATABASE, USER
from bench.scale.recipes import write_pgbouncer, write_recipe
from bench.scale.shares import Shares
from bench.scale.valkey_cluster import make_cluster
from chenu.demo.engines import postgres_program, valkey_program
from chenu.demo.processes import StartError
from tests.environments import make_python_environment

UNPRIVILEGED = "nobody"
_LOCK = Path(__file__).parents[2] / "deploy" / "requirements.lock"
_UP_SECONDS = 90
_SWITCH_SECONDS = 60
_SERVERS = (*DATABASES, SPARE_DATABASE)


def find(program: str) -> str:
    """Raises StartError."""
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    if found is None:
        raise StartError(f"{program} is missing: scripts/programs.py installs it")
    return found


def install_patroni() -> Path:
    """Its environment, which is made once; raises StartError."""
    return make_python_environment("patroni", _LOCK)


def accepts(ip: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((ip, port)) == 0


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = _UP_SECONDS) -> None:
    """Raises StartError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise StartError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)


@dataclass
class Stack:
    """`machines` by their names; `folder` holds configurations, data and logs."""

    folder: Path
    machines: dict[str, Machine] = field(default_factory=dict)
    shares: Shares | None = None

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        for name, ip in IPS.items():
            self.machines[name] = Machine(name, ip, self.folder / name, shares=self.shares)

    def write(
        self, name: str, machine: Machine, folder: Path | None = None, **values: object
    ) -> Path:
        """deploy/`name` for this machine."""
        known = {"ip": machine.ip, "user": USER, "password": PASSWORD, "network": f"{NETWORK}.0/24"}
        folder = folder or machine.folder / Path(name).stem
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        return write_recipe(name, folder, **{**IPS, **known, "name": machine.name, **values})

    def start_engines(self, databases: Sequence[str] = DATABASES) -> None:
        """PostgreSQL under Patroni, a primary and replicas, HAProxy, and Valkey."""
        for name in DATABASES:
            self.start_etcd(name)
        for name in databases:
            self.start_patroni(name)
        edge = self.machines["edge"]
        edge.start("haproxy", find("haproxy"), "-W", "-f", self.write("haproxy.cfg", edge))
        for name, port in NODES:
            self.start_valkey(name, port)
        asyncio.run(make_cluster())
        self.wait_until(lambda: self.primary() is not None, "a primary")
        self.wait_until(lambda: self.is_healthy(len(databases) - 1), "the replicas")

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Raises StartError, also when a program has ended meanwhile."""
        running = [each for machine in self.machines.values() for each in machine.children.values()]

        def is_so_or_broken() -> bool:
            ended = [child for child in running if not child.is_running()]
            if ended:
                raise StartError(f"{ended[0].name} has ended: {ended[0].last_words()}")
            return is_so()

        wait_until(is_so_or_broken, what)

    def start_etcd(self, name: str) -> None:
        machine = self.machines[name]
        config = self.write("etcd.yml", machine)
        machine.start("etcd", find("etcd"), "--config-file", config)

    def start_patroni(self, name: str) -> None:
        machine = self.machines[name]
        bin_dir = postgres_program("postgres").parent
        config = self.write("patroni.yml", machine, bin_dir=bin_dir, shared_buffers="64MB")
        home = install_patroni()
        env = {"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": str(config.parent)}
        machine.start("patroni", home / "bin" / "patroni", config, env=env, user=UNPRIVILEGED)

    def start_valkey(self, name: str, port: int) -> None:
        machine = self.machines[name]
        folder = machine.folder / f"valkey{port}"
        config = self.write("valkey.conf", machine, folder=folder, port=port)
        machine.start(f"valkey{port}", valkey_program(), config)

    def start_pooler(self, name: str) -> None:
        """Beside a web or worker process."""
        machine = self.machines[name]
        folder = machine.folder / "pgbouncer"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        path = write_pgbouncer(
            folder,
            user=USER,
            password=PASSWORD,
            primary_host=IPS["edge"],
            primary_port=5000,
            ip="127.0.0.1",
            port=6432,
            pool_size=8,
        )
        machine.start("pgbouncer", find("pgbouncer"), path, user=UNPRIVILEGED)

    def cluster(self) -> list[dict[str, object]]:
        """Patroni's members as any of them tells: name, role, state."""
        for name in DATABASES:
            try:
                answer = httpx.get(f"http://{IPS[name]}:8008/cluster", timeout=1)
                members: list[dict[str, object]] = answer.json()["members"]
            except (httpx.HTTPError, json.JSONDecodeError, KeyError):
                continue
            return members
        return []

    def primary(self) -> str | None:
        """Which machine says that it is the primary."""
        return next((name for name in _SERVERS if self._is(name, "primary")), None)

    def replicas(self) -> list[str]:
        return [name for name in _SERVERS if self._is(name, "replica")]

    def postmaster(self, name: str) -> int:
        """The process of PostgreSQL there, which Patroni has started."""
        lines = (self.machines[name].folder / "patroni/data/postmaster.pid").read_text()
        return int(lines.splitlines()[0])

    def tell_haproxy(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.machines["edge"].folder / "haproxy" / "haproxy.sock"))
            control.sendall(f"{command}\n".encode())
            control.recv(1024)

    def is_healthy(self, replicas: int = 2) -> bool:
        """A primary and its replicas, one of which has all that was acknowledged."""
        is_whole = self.primary() is not None and len(self.replicas()) == replicas
        return is_whole and self.synchronous() is not None

    def synchronous(self) -> str | None:
        return next((name for name in _SERVERS if self._is(name, "synchronous")), None)

    def switch_over(self, primary: str) -> None:
        """To the synchronous replica; ends when it is the primary. Raises StartError."""
        url = f"http://{IPS[primary]}:8008/switchover"
        answer = httpx.post(url, json={"leader": primary}, timeout=_SWITCH_SECONDS)
        if answer.status_code != 200:
            raise StartError(f"Patroni did not change the primary: {answer.text}")

    def _is(self, name: str, role: str) -> bool:
        try:
            answer = httpx.get(f"http://{IPS[name]}:8008/{role}", timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200
