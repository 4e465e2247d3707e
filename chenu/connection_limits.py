"""Timeouts of connections, and how many a caller may keep open. docs/operations.md."""

import math
from collections.abc import Mapping

import msgspec


class ConnectionLimits(msgspec.Struct, frozen=True):
    """`…_seconds` are seconds; the others count event streams and, separately, WebSockets.

    `head_seconds`: for the request line and the headers, and for an idle connection.
    `body_seconds`: for the whole body. `live_seconds`: after which an event stream or a WebSocket
    is ended, and its client reconnects. `live_check_seconds`: how often its session or key is
    checked again. `live_per_caller`: per session or key. `live_per_ip`: per IP for anonymous
    callers, and per person over all sessions and keys.
    """

    head_seconds: float = 10
    body_seconds: float = 30
    live_seconds: float = 3_600
    live_check_seconds: float = 3
    live_per_caller: int = 10
    live_per_ip: int = 50


_MOST_SECONDS = 86_400
_MOST_LIVE = 100_000


def read_connection_limits(env: Mapping[str, str]) -> ConnectionLimits:
    """CHENU_HEAD_SECONDS and so on. Raises ValueError, naming the variable."""
    usual = ConnectionLimits()
    return ConnectionLimits(
        head_seconds=_read_seconds(env, "CHENU_HEAD_SECONDS", usual.head_seconds),
        body_seconds=_read_seconds(env, "CHENU_BODY_SECONDS", usual.body_seconds),
        live_seconds=_read_seconds(env, "CHENU_LIVE_SECONDS", usual.live_seconds),
        live_check_seconds=_read_seconds(env, "CHENU_LIVE_CHECK_SECONDS", usual.live_check_seconds),
        live_per_caller=_read_count(env, "CHENU_LIVE_PER_CALLER", usual.live_per_caller),
        live_per_ip=_read_count(env, "CHENU_LIVE_PER_ADDRESS", usual.live_per_ip),
    )


def _read_seconds(env: Mapping[str, str], name: str, usual: float) -> float:
    try:
        seconds = float(env.get(name) or usual)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= _MOST_SECONDS:  # False for NaN, too
        raise ValueError(f"{name}: a number of seconds from 0.1 to {_MOST_SECONDS}")
    return seconds


def _read_count(env: Mapping[str, str], name: str, usual: int) -> int:
    raw = env.get(name) or str(usual)
    is_number = raw.isascii() and raw.isdigit() and len(raw) <= len(str(_MOST_LIVE))
    if not is_number or not 1 <= int(raw) <= _MOST_LIVE:
        raise ValueError(f"{name}: a whole number from 1 to {_MOST_LIVE}")
    return int(raw)
