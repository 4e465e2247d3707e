"""`chenu demo-history`: makes the file with which demos begin. docs/operations.md, "The demo".

Product and sandbox live the months themselves, in a group of processes of its own, from a clock
that stands behind the wall's; then both databases are written down.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import httpx
import msgspec

from chenu.core.business_clock import begin_clock
from chenu.core.clock import business_now, system_now
from chenu.core.errors import ChenuError
from chenu.core.migrations import apply_migrations
from chenu.demo.advance import catch_up, wait_until_quiet, walk
from chenu.demo.bootstrap import bootstrap
from chenu.demo.group import Group, webhook_secrets
from chenu.demo.history import FILE, Origins, write_history
from chenu.demo.history_tables import dump_tables
from chenu.demo.lives import Lives
from chenu.demo.processes import StartError, free_port
from chenu.demo.state import DemoState
from chenu.flows.budgets.warnings import warn_of_use
from chenu.flows.composition import open_services
from chenu.flows.coupons.campaigns import put_campaigns
from chenu.flows.executions.token_limits import warn_of_token_limits
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.ledger.seals import seal_entries
from chenu.settings import SettingError, read_settings

_SEED = "7"
"""Of the sandbox's ids."""

Say = Callable[[str], object]


class _Head(msgspec.Struct):
    """The first line of the sandbox's archive."""

    clock: int


def run_recording(target: Path | None, lives: Lives, ends: datetime | None) -> int:
    """Writes the file of this version, or the target; returns the exit status.

    `ends` is a day in UTC; by default the history ends today, so that a demo's first day is whole.
    """
    today = system_now().replace(hour=0, minute=0, second=0, microsecond=0)
    ends_at = ends.replace(tzinfo=UTC) if ends else today
    try:
        record_history(target or FILE, ends_at, click.echo, lives)
    except (StartError, SettingError, ChenuError, OSError) as error:
        click.echo(f"chenu demo-history: {error}", err=True)
        return 1
    return 0


def record_history(target: Path, ends_at: datetime, say: Say, lives: Lives) -> None:
    """Raises StartError, ChenuError."""
    since = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chenu-history-") as folder:
        group = Group(Path(folder), free_port(), outside={}, durable=False)
        try:
            _record(group, target, ends_at, say, lives)
        finally:
            group.stop()
    say(f"{target}: {target.stat().st_size / 1e6:.2f} MB, in {time.monotonic() - since:.0f} s")


def _record(group: Group, target: Path, ends_at: datetime, say: Say, lives: Lives) -> None:
    state, begins_at = DemoState(), ends_at - timedelta(days=lives.days)
    # Laid-out PDFs would be most of the file: each has the letters of its font in it.
    options = ["--clock", str(int(begins_at.timestamp())), "--seed", _SEED, "--plain-pdfs"]
    env = group.start_engines(state, options)
    asyncio.run(prepare_empty(env, state))
    group.start_faces(env)
    asyncio.run(_live(env, lives, begins_at, say))
    group.stop_faces()
    asyncio.run(_write(group, env, target))


async def prepare_empty(env: dict[str, str], state: DemoState) -> None:
    """Schema, business time, products and webhooks; before any process reads the time."""
    await apply_migrations(env["DATABASE_URL"])
    async with (
        open_services(read_settings(env), "chenu-history"),
        httpx.AsyncClient(base_url=env["STRIPE_API_BASE"]) as sandbox,
    ):
        clock = (await sandbox.get("/_sandbox/clock")).json()
        await begin_clock(timedelta(seconds=clock["offset_seconds"]))
    await bootstrap(read_settings(env), state)
    env.update(webhook_secrets(state))
    async with open_services(read_settings(env), "chenu-history") as services:
        await put_campaigns(services)


async def _live(env: dict[str, str], lives: Lives, begins_at: datetime, say: Say) -> None:
    settings = read_settings(env)
    async with (
        open_services(settings, "chenu-history") as services,
        httpx.AsyncClient(base_url=env["STRIPE_API_BASE"], timeout=60) as sandbox,
    ):
        for entry in lives.entries:
            await _walk_to(sandbox, begins_at + timedelta(days=entry.day))
            await _do(entry.act(services), sandbox)
            say(f"day {entry.day:5.2f}: {entry.act}")
        await _walk_to(sandbox, begins_at + timedelta(days=lives.days))
        await catch_up(sandbox)
        await seal_entries()
        await _require_true_books(services)


async def _do(act: Awaitable[None], sandbox: httpx.AsyncClient) -> None:
    """The worker's mails about used tokens come at once, not when it looks the next time."""
    since = business_now()
    await act
    await warn_of_use(since)
    await warn_of_token_limits()
    await wait_until_quiet(sandbox)


async def _walk_to(sandbox: httpx.AsyncClient, moment: datetime) -> None:
    await walk(sandbox, moment - business_now())


async def _require_true_books(services: Services) -> None:
    findings = await check_everything(services, datetime(2000, 1, 1, tzinfo=UTC))
    if violated := [finding for finding in findings if not finding.ok]:
        raise StartError(f"the history's books are not true: {violated[0]}")


async def _write(group: Group, env: dict[str, str], target: Path) -> None:
    async with httpx.AsyncClient(base_url=env["STRIPE_API_BASE"], timeout=60) as sandbox:
        answer = await sandbox.get("/_sandbox/archive")
        answer.raise_for_status()
    head = msgspec.json.decode(answer.content.partition(b"\n")[0], type=_Head)
    ends_at = datetime.fromtimestamp(head.clock, UTC)
    history = await dump_tables(env["DATABASE_URL"], answer.content, ends_at)
    origins = Origins(env["CHENU_PUBLIC_URL"], env["STRIPE_API_BASE"])
    write_history(history.without(origins), target)
