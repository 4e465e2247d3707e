"""An account's own hourly rate and minutes per run: one for all its members, and for its keys."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.agents.listing import DAY_MINUTES, whole_seconds
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns, insert
from chenu.roi.report import RoiSettings
from chenu.roi.tables import RoiSetting

LOWEST_RATE = Cents(100)
HIGHEST_RATE = Cents(1_000_000)


class RoiSettingsInput(msgspec.Struct, frozen=True):
    """None: what CHE·NU takes counts again. What is not given stays."""

    hourly_rate_minor: int | UnsetType | None = UNSET
    minutes_per_execution: float | UnsetType | None = UNSET


_SETTINGS = Columns(RoiSettings, RoiSetting)


class RunSeconds(msgspec.Struct, frozen=True):
    """What an account counts for a run that does not say itself what it saved; None: nothing."""

    account_id: AccountId
    seconds: int | None


async def list_run_seconds(account_ids: Sequence[AccountId]) -> list[RunSeconds]:
    """None for an account without settings of its own."""
    sql = """
        SELECT account AS account_id, seconds_per_run AS seconds FROM roi_setting
        WHERE account = ANY($1)
    """
    return await db.fetch_all(RunSeconds, sql, list(account_ids))


async def get_settings(account_id: AccountId) -> RoiSettings:
    sql = f"SELECT {_SETTINGS.select()} FROM roi_setting WHERE account = $1"  # noqa: S608 - own columns
    return await db.find_one(RoiSettings, sql, account_id) or RoiSettings()


async def update_settings(actor: Actor, data: RoiSettingsInput) -> AccountId:
    """Of the account acted for, which is returned; past runs count by them as well.

    Raises Unauthenticated, Forbidden, Invalid, Rejected.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    rate, minutes = data.hourly_rate_minor, data.minutes_per_execution
    reject_if_any([*_check_rate(rate), *_check_minutes(minutes)])
    given: dict[str, int | None] = {}
    if rate is not UNSET:
        given["hourly_rate"] = rate
    if minutes is not UNSET:
        given["seconds_per_run"] = None if minutes is None else whole_seconds(minutes)

    async def write() -> None:
        await _store(account_id, given)
        await audit.record(actor, "roi_settings.update", account_id)

    await db.run_in_transaction(write)
    return account_id


def _check_rate(rate: int | UnsetType | None) -> list[ChenuError]:
    if rate is None or rate is UNSET or LOWEST_RATE <= rate <= HIGHEST_RATE:
        return []
    message = mark("An hour is worth at least {lowest_cents} and at most {highest_cents}")
    bounds = {"lowest_cents": LOWEST_RATE, "highest_cents": HIGHEST_RATE}
    return [Invalid(message, path=("hourly_rate_minor",), **bounds)]


def _check_minutes(minutes: float | UnsetType | None) -> list[ChenuError]:
    if minutes is None or minutes is UNSET or 0 < minutes <= DAY_MINUTES:
        return []
    message = mark("The minutes saved are more than 0 and at most {count}")
    return [Invalid(message, path=("minutes_per_execution",), count=DAY_MINUTES)]


async def _store(account_id: AccountId, given: Mapping[str, int | None]) -> None:
    changed = {**given, "updated_at": business_now()}
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    suffix = f"ON CONFLICT (account) DO UPDATE SET {updates}"
    await insert(RoiSetting, {"id": new_id(), "account": account_id, **changed}, suffix)
