"""Calls counted by account and day: gathered in this process, stored every few seconds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import msgspec
import structlog

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.db_errors import BAD_VALUES
from chenu.core.ids import new_id
from chenu.core.months import Month

log = structlog.get_logger(__name__)


class UsageDay(msgspec.Struct, frozen=True):
    """One account's calls of one day."""

    account_id: AccountId
    day: date


class Calls(msgspec.Struct):
    """`served` is below zero where more was given back than taken since the last storing."""

    served: int = 0
    refused: int = 0


class UsageCounts:
    """What this process has counted and not stored yet."""

    def __init__(self) -> None:
        self._calls: dict[UsageDay, Calls] = defaultdict(Calls)

    def add(self, day: UsageDay, *, served: int = 0, refused: int = 0) -> None:
        calls = self._calls[day]
        calls.served += served
        calls.refused += refused

    def served_in(self, account_id: AccountId, month: Month) -> int:
        return sum(
            calls.served
            for of, calls in self._calls.items()
            if of.account_id == account_id and month.first_day <= of.day <= month.last_day
        )

    def take(self) -> dict[UsageDay, Calls]:
        """All of them, which begin at zero again."""
        taken, self._calls = dict(self._calls), defaultdict(Calls)
        return taken

    def put_back(self, counted: Mapping[UsageDay, Calls]) -> None:
        for day, calls in counted.items():
            self.add(day, served=calls.served, refused=calls.refused)


async def store_usage(counts: UsageCounts) -> int:
    """Adds what was counted to the rows of its days; how many rows.

    What cannot be stored now is put back. A row that never can be, because its account is gone, is
    dropped and logged: it must not keep the others waiting.
    """
    counted = counts.take()
    if not counted:
        return 0
    try:
        return await _add(counted)
    except BAD_VALUES:
        return await _add_singly(counts, counted)
    except BaseException:
        counts.put_back(counted)
        raise


async def _add_singly(counts: UsageCounts, counted: Mapping[UsageDay, Calls]) -> int:
    stored, left = 0, dict(counted)
    try:
        for day, calls in counted.items():
            try:
                stored += await _add({day: calls})
            except BAD_VALUES as error:
                log.warning("usage_dropped", account=str(day.account_id), why=type(error).__name__)
            del left[day]
    finally:
        counts.put_back(left)
    return stored


async def _add(counted: Mapping[UsageDay, Calls]) -> int:
    """In one order in all processes, so that they do not wait for each other in a circle."""
    rows = sorted(counted.items(), key=lambda item: (item[0].account_id, item[0].day))
    sql = """
        INSERT INTO api_usage AS stored (id, account, day, served, refused, created_at)
        SELECT id, account, day, served, refused, $6
        FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::bigint[], $5::bigint[])
            AS new (id, account, day, served, refused)
        ON CONFLICT (account, day) DO UPDATE SET
            served = stored.served + excluded.served,
            refused = stored.refused + excluded.refused
    """
    return await db.execute(
        sql,
        [new_id() for _ in rows],
        [day.account_id for day, _ in rows],
        [day.day for day, _ in rows],
        [calls.served for _, calls in rows],
        [calls.refused for _, calls in rows],
        business_now(),
    )


async def sum_served(account_id: AccountId, month: Month) -> int:
    """The calls stored of a month, which are a few seconds behind."""
    sql = """
        SELECT coalesce(sum(served), 0)::bigint FROM api_usage
        WHERE account = $1 AND day BETWEEN $2 AND $3
    """
    return int(await db.fetch_value(sql, account_id, month.first_day, month.last_day))
