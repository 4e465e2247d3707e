"""How much CPU time each program takes, and may take: control groups of the kernel."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from chenu.demo.processes import StartError

_HEAD = "chenu-scale-"
_PERIOD_MICROSECONDS, _SHORTEST_QUOTA = 20_000, 1_000
"""The period is shorter than the kernel's own, so that a program at its limit stands still for a
moment only, and longer where the quota would be one that the kernel refuses.
"""
_EMPTY_SECONDS = 5.0
_ENTER = 'for each in $1; do echo 0 > "$each/cgroup.procs" || exit 1; done; shift; exec "$@"'


class Shares:
    """A group for each part, below one of this run. Raises StartError where there are none."""

    def __init__(self, mounts: Path = Path("/proc/mounts")) -> None:
        self._roots, self._is_unified = find_roots(mounts.read_text())
        _remove_stale(self._roots)
        self._top = f"{_HEAD}{time.time_ns()}"
        self._parts: list[str] = []
        try:
            for root in self._roots:
                (root / self._top).mkdir()
            if self._is_unified:
                for folder in (self._roots[0], self._roots[0] / self._top):
                    (folder / "cgroup.subtree_control").write_text("+cpu")
        except OSError as error:
            raise StartError(f"no control group can be made: {error}") from None

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self._parts)

    def entering(self, part: str) -> list[str]:
        """The words before a command that runs it in this part."""
        return ["/bin/sh", "-c", _ENTER, "sh", " ".join(str(each) for each in self._make(part))]

    def move(self, part: str, source: str, program: str) -> None:
        """Processes of this name from another part; what they start later begins there."""
        for pid in (self._folders(source)[0] / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):  # it has ended
                if Path(f"/proc/{pid}/comm").read_text().strip() == program:
                    for folder in self._make(part):
                        (folder / "cgroup.procs").write_text(pid)

    def limit(self, part: str, cores: float | None) -> None:
        """Parts of one core, 0.2 for a fifth; None: no limit."""
        quota, period = _make_quota(cores)
        folder = self._folders(part)[0]
        if self._is_unified:
            text = "max" if quota is None else str(quota)
            (folder / "cpu.max").write_text(f"{text} {period}")
        else:
            (folder / "cpu.cfs_quota_us").write_text("-1")  # else the new period may not fit it
            (folder / "cpu.cfs_period_us").write_text(str(period))
            (folder / "cpu.cfs_quota_us").write_text(str(quota or -1))

    def read_used(self) -> dict[str, float]:
        """Seconds of CPU time of each part since it began."""
        return {part: self._read(part) for part in self._parts}

    def close(self) -> None:
        """When all has ended that was in them."""
        deadline = time.monotonic() + _EMPTY_SECONDS
        for root in self._roots:
            while not _remove(root / self._top) and time.monotonic() < deadline:
                time.sleep(0.1)

    def _read(self, part: str) -> float:
        folder = self._folders(part)[-1]
        if self._is_unified:
            words = (folder / "cpu.stat").read_text().split()
            return int(words[words.index("usage_usec") + 1]) / 1e6
        return int((folder / "cpuacct.usage").read_text()) / 1e9

    def _make(self, part: str) -> list[Path]:
        if part not in self._parts:
            for folder in self._folders(part):
                folder.mkdir()
            self._parts.append(part)
        return self._folders(part)

    def _folders(self, part: str) -> list[Path]:
        return [root / self._top / part.replace(" ", "-") for root in self._roots]


def _make_quota(cores: float | None) -> tuple[int | None, int]:
    """Microseconds of CPU time, None without a limit, in each period of so many."""
    if cores is None:
        return None, _PERIOD_MICROSECONDS
    period = max(_PERIOD_MICROSECONDS, round(_SHORTEST_QUOTA / cores))
    return max(_SHORTEST_QUOTA, round(cores * period)), period


def find_roots(mounts: str) -> tuple[list[Path], bool]:
    """Where limits are set and where time is read, and whether that is cgroup v2.

    Raises StartError.
    """
    found: dict[str, Path] = {}
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup":
            found |= {name: Path(place) for name in options.split(",") if name[:3] == "cpu"}
        controllers = Path(place) / "cgroup.controllers"
        if kind == "cgroup2" and "cpu" in controllers.read_text().split():
            return [Path(place)], True
    if not {"cpu", "cpuacct"} <= found.keys():
        raise StartError("no control groups of CPU time are mounted")
    return list(dict.fromkeys([found["cpu"], found["cpuacct"]])), False


def _remove_stale(roots: list[Path]) -> None:
    """Those of a run that was killed; one that goes on is not empty."""
    for root in roots:
        for folder in root.glob(f"{_HEAD}*"):
            _remove(folder)


def _remove(folder: Path) -> bool:
    """False while something runs in it."""
    with contextlib.suppress(OSError):
        for inner in _inside(folder):
            inner.rmdir()
        folder.rmdir()
    return not folder.exists()


def _inside(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if each.is_dir())
