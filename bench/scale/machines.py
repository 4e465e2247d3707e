"""Machines of this machine: network namespaces on one bridge, in a namespace that ends with us."""

import contextlib
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.scale.shares import Shares
from chenu.demo.processes import Child, StartError

NETWORK = "10.97.0"
BRIDGE_IP = f"{NETWORK}.1"
_INSIDE = "CHENU_SCALE_INSIDE"
_NOWHERE = "02:00:00:00:00:01"
_NAMES = Path("/run/netns")
_STOP_SECONDS = 15


def enter(module: str, arguments: Sequence[str]) -> None:
    """Goes on in namespaces of processes, mounts and the network; their end ends all in them.

    Returns within them, in a process that need not adopt the orphans of killed ones. Raises
    StartError.
    """
    if os.environ.get(_INSIDE):
        _adopt_orphans()
        return
    if os.geteuid() != 0:
        raise StartError("network namespaces are made by root: run `make scale` as root")
    os.environ[_INSIDE] = "1"
    command = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    os.execvp(command[0], [*command, sys.executable, "-m", module, *arguments])  # noqa: S606 - our own command


def _adopt_orphans() -> None:
    """The first process of a namespace gets them, and must wait for each: a zombie looks alive."""
    runner = os.fork()
    if runner == 0:
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: os.kill(runner, got))
    while True:
        ended, status = os.wait()
        if ended == runner:
            sys.exit(os.waitstatus_to_exitcode(status))


def run(*command: str) -> str:
    """What it wrote. Raises StartError with its last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise StartError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def make_network() -> None:
    """The bridge, on which this process has an address too."""
    _NAMES.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "none", str(_NAMES))
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "bridge", "type", "bridge")
    run("ip", "addr", "add", f"{BRIDGE_IP}/24", "dev", "bridge")
    run("ip", "link", "set", "bridge", "up")


def open_interpreter() -> None:
    """Lets every user run this Python, also where it lies in a home that nobody else may enter.

    In our own mounts alone, after `make_network`: the folder's rights stay as they are.
    """
    base = Path(sys.base_prefix)
    closed = [each for each in base.parents if not each.stat().st_mode & stat.S_IXOTH]
    if not closed:
        return
    held = _NAMES / "python"
    held.mkdir()
    run("mount", "--bind", str(base), str(held))
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", str(closed[-1]))
    base.mkdir(parents=True)
    run("mount", "--bind", str(held), str(base))


@dataclass
class Machine:
    """A network namespace; `ip` is its address on the bridge.

    With `shares` the CPU time of each program is measured, under the name "machine program".
    """

    name: str
    ip: str
    folder: Path
    children: dict[str, Child] = field(default_factory=dict)
    shares: Shares | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o777)
        outer = f"v-{self.name}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", outer, "master", "bridge", "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.ip}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            run("ip", "-n", self.name, "link", "set", device, "up")

    def start(
        self,
        name: str,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        cwd: Path = Path("/"),
    ) -> Child:
        """A program on this machine, under a name by which it is killed and started again."""
        enter_it = [] if self.shares is None else self.shares.entering(f"{self.name} {name}")
        enter_it += ["ip", "netns", "exec", self.name]
        if user is not None:
            entry = pwd.getpwnam(user)
            ids = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}")
            enter_it += ["setpriv", *ids, "--clear-groups"]
        child = Child(
            f"{name} on {self.name}",
            [*enter_it, *(str(part) for part in command)],
            self.folder / f"{name}.log",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", **(env or {})},
            cwd=cwd,
        )
        child.start()
        self.children[name] = child
        return child

    def kill(self, name: str) -> None:
        """kill -9 of one program, without those that it has started."""
        os.kill(self.children[name].pid, signal.SIGKILL)
        self.children[name].wait_stopped(5)

    def kill_all(self) -> None:
        """kill -9 of whatever runs here: the machine is gone."""
        for pid in run("ip", "netns", "pids", self.name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for child in self.children.values():
            child.wait_stopped(5)

    def stop(self, name: str) -> None:
        self.children[name].ask_to_stop()
        self.children[name].wait_stopped(_STOP_SECONDS)

    def part_from(self, *others: "Machine") -> None:
        """From now on nothing of theirs arrives here, nor of ours there: nobody is told."""
        for one, other in self._pairs(others):
            neighbour = ("to", other.ip, "dev", "eth0", "lladdr", _NOWHERE, "nud", "permanent")
            run("ip", "-n", one.name, "neigh", "replace", *neighbour)

    def join(self, *others: "Machine") -> None:
        for one, other in self._pairs(others):
            run("ip", "-n", one.name, "neigh", "del", "to", other.ip, "dev", "eth0")

    def _pairs(self, others: Sequence["Machine"]) -> list[tuple["Machine", "Machine"]]:
        return [pair for other in others for pair in ((self, other), (other, self))]
