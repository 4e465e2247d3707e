"""How long a web process takes from its start to the first answer that it is ready."""

import statistics
import time
from dataclasses import dataclass

import httpx

from bench.processes import cpu_seconds, resident_kib
from bench.stand import Stand

MOST_SECONDS = 2.0
_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Start:
    """`cpu_seconds` of all its threads: neighbours on the machine change them less."""

    seconds: float
    cpu_seconds: float
    resident_mib: float


def measure_starts(stand: Stand, count: int) -> str:
    """The first start, which writes the byte code, is not counted."""
    _start(stand)
    starts = [_start(stand) for _ in range(count)]
    seconds = sorted(start.seconds for start in starts)
    met = "met" if seconds[len(seconds) // 2] <= MOST_SECONDS else "NOT met"
    cpu = statistics.median(start.cpu_seconds for start in starts)
    return (
        f"A web process from its start to 200 of /readyz, {count} starts: median"
        f" {statistics.median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}; goal:"
        f" {MOST_SECONDS:g} at most, {met}), {cpu:.2f} s of CPU,"
        f" {statistics.median(start.resident_mib for start in starts):.0f} MiB."
    )


def _start(stand: Stand) -> Start:
    begun = time.perf_counter()
    port = stand.start_product("starting")
    child = stand.children[-1]
    while not _is_ready(port):
        if not child.is_running():
            raise RuntimeError(child.last_words())
        time.sleep(_POLL_SECONDS)
    seconds = time.perf_counter() - begun
    found = Start(seconds, cpu_seconds(child.pid), resident_kib(child.pid) / 1024)
    child.ask_to_stop()
    child.wait_stopped(10)
    stand.children.remove(child)
    return found


def _is_ready(port: int) -> bool:
    """The port accepts before the server does, and keeps who asks waiting until then."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30).status_code == 200
    except httpx.HTTPError:
        return False
