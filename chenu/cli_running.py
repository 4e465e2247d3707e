"""What all commands need: the settings, and how they run and fail."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click

from chenu.core.errors import ChenuError
from chenu.settings import SettingError, Settings, read_settings

DEFAULT_DATA = ".chenu"
WORLD = {"CHENU_MODE", "CHENU_PUBLIC_URL", "CHENU_SECRET", "DATABASE_URL", "REDIS_URL"} | {
    "STRIPE_API_BASE",
    "STRIPE_KEY",
    "STRIPE_MODE",
}
"""Variables that name the database, the Stripe account and the URL: all must be set, or none."""


def data_folder() -> Path:
    return Path(os.environ.get("CHENU_DATA", DEFAULT_DATA)).resolve()


def load_settings() -> Settings:
    """From the environment, or from the demo of CHENU_DATA if the environment sets none of these.

    Never mixed: a demo's database must not be used with live Stripe keys.
    """
    from chenu.demo.state import read_environment

    demo = read_environment(data_folder())
    inherited = demo if WORLD.isdisjoint(os.environ) else {}
    try:
        return read_settings({**inherited, **os.environ})
    except SettingError as error:
        hint = "" if demo else f" (and no demo runs with the data of {data_folder()})"
        fail(f"{error}{hint}")


def fail(message: str) -> NoReturn:
    """Prints one line and exits."""
    click.echo(f"chenu: {message}", err=True)
    sys.exit(1)


def run(task: Coroutine[Any, Any, int | None]) -> None:
    """Runs a command's coroutine; errors that people can act on are printed as one line."""
    import uvloop

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            sys.exit(runner.run(task) or 0)
    except (ChenuError, SettingError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
