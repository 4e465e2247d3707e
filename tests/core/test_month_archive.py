"""A month of usage leaves for a file and comes back; a file that was changed is no file of it."""

import gzip
import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chenu.backup import month_archive
from chenu.backup.errors import BackupError
from chenu.backup.month_archive import (
    archive_month,
    name_month,
    restore_month,
    verify_month,
)
from chenu.backup.month_file import read_month, write_month
from chenu.backup.month_lists import list_months
from chenu.backup.month_tables import MonthTable, Place
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.month_partitions import add_partitions
from chenu.core.months import month_of
from chenu.settings import Settings
from tests.core.months import KEY, USED
from tests.faults.own_engines import own_pool
from tests.people import Person, make_person

SUMS = "SELECT count(*), sum(served) FROM api_usage"


@dataclass(frozen=True)
class Old:
    """A month that is over for years, with rows of three days of somebody's account."""

    settings: Settings
    month: MonthTable
    person: Person


@pytest.fixture
async def old(split: Any, split_settings: Settings) -> Old:
    person = await make_person("zoe")
    month = month_of(business_now() + timedelta(days=100))
    await advance_clock(timedelta(days=880))
    await add_partitions()
    for day in (1, 2, 28):
        at = date(month.year, month.month, day)
        await split.execute(USED, new_id(), person.actor.account_id, at)
    return Old(split_settings, name_month("api_usage", str(month)), person)


async def test_a_month_leaves_for_a_file_and_comes_back(
    old: Old, split: Any, tmp_path: Path
) -> None:
    settings, month = old.settings, old.month
    file = tmp_path / "month"
    before = await split.fetchrow(SUMS)
    async with own_pool():
        made = await archive_month(settings, month, file)
        without = await split.fetchrow(SUMS)
        listed = {each.name: each.place for each in await list_months(settings)}
        await verify_month(settings, file)
        await restore_month(settings, file)
        verified = await verify_month(settings, file)
        again = {each.name: each.place for each in await list_months(settings)}

    assert (made.rows, made.sums) == (3, {"served": 3, "refused": 0})
    assert tuple(before) == (without[0] + 3, without[1] + 3)
    assert (listed[month.name], again[month.name]) == ("in a file", "attached")
    assert await split.fetchrow(SUMS) == before
    assert verified == made
    assert b"served" not in file.read_bytes()  # encrypted
    assert await split.fetchval("SELECT count(*) FROM archived_month") == 0
    sql = "SELECT count(DISTINCT tableoid) FROM api_usage WHERE day >= $1"
    assert await split.fetchval(sql, month.month.first_day) == 1


async def test_a_file_that_was_changed_is_refused_however_well(
    old: Old, split: Any, tmp_path: Path
) -> None:
    settings, month = old.settings, old.month
    file, forged = tmp_path / "month", tmp_path / "forged"
    async with own_pool():
        await archive_month(settings, month, file)
        forge(file, forged, tmp_path)
        for refused in (verify_month, restore_month):
            with pytest.raises(BackupError, match="not the file that was made"):
                await refused(settings, forged)
        cut = tmp_path / "cut"
        cut.write_bytes(file.read_bytes()[:-20])
        with pytest.raises(BackupError, match="damaged"):
            await verify_month(settings, cut)

    assert await split.fetchval("SELECT count(*) FROM archived_month") == 1


def forge(file: Path, forged: Path, folder: Path) -> None:
    """One call fewer, with hashes that fit, by somebody who has the key."""
    found = read_month(file, folder, KEY)
    text = gzip.decompress(found.rows.read_bytes()).replace(b"\t1\t0\t", b"\t0\t0\t", 1)
    found.rows.write_bytes(gzip.compress(text))
    sums = {**found.manifest.sums, "served": 2}
    digest = hashlib.sha256(text).hexdigest()
    manifest = msgspec.structs.replace(found.manifest, sums=sums, sha256=digest)
    write_month(forged, found.rows, manifest, KEY)


async def test_an_archive_that_was_interrupted_goes_on(
    old: Old, split: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, month = old.settings, old.month
    before = await split.fetchrow(SUMS)
    with monkeypatch.context() as patch:
        patch.setattr(month_archive, "write_and_read", fail)
        async with own_pool():
            with pytest.raises(OSError, match="no room"):
                await archive_month(settings, month, tmp_path / "month")
            listed = {each.name: each.place for each in await list_months(settings)}
    assert listed[month.name].startswith("detached")

    async with own_pool():
        await archive_month(settings, month, tmp_path / "month")
        with monkeypatch.context() as patch:
            patch.setattr(MonthTable, "check_keys", fail)
            with pytest.raises(OSError, match="no room"):
                await restore_month(settings, tmp_path / "month")
        await restore_month(settings, tmp_path / "month")

    assert await split.fetchrow(SUMS) == before
    assert await month_place(settings, month) is Place.ATTACHED


def fail(*args: object) -> None:
    raise OSError("no room")


async def month_place(settings: Settings, month: MonthTable) -> Place:
    async with own_pool(), month_archive.owning(settings):
        return await month.find_place()


async def test_people_who_were_deleted_meanwhile_do_not_come_back(
    old: Old, split: Any, tmp_path: Path
) -> None:
    settings, month = old.settings, old.month
    async with own_pool():
        await archive_month(settings, month, tmp_path / "month")
        await split.execute(
            "INSERT INTO person_deletion (id, person, attempts, next_attempt_at, requested_at)"
            " VALUES ($1, $2, 0, now(), now())",
            *(new_id(), old.person.user_id),
        )
        await restore_month(settings, tmp_path / "month")

    sql = "SELECT count(*) FROM api_usage WHERE account = $1"
    assert await split.fetchval(sql, old.person.actor.account_id) == 0


@pytest.mark.parametrize(
    ("table", "month", "words"),
    [
        ("ledger_entry", "2027-01", "are not archived, but those of affiliate_click, api_usage,"),
        ("api_usage", "2029-07", "still read"),
        ("affiliate_click", "2029-07", "still read: a month is archived 90 days after its end"),
        ("stripe_event", "2029-07", "still read: a month is archived 31 days after its end"),
        ("api_usage", "2027-13", "written like"),
        ("api_usage", "2020-01", "no month"),
    ],
)
async def test_what_cannot_be_archived_is_refused_in_words(
    old: Old, tmp_path: Path, table: str, month: str, words: str
) -> None:
    async with own_pool():
        with pytest.raises(Exception, match=words):
            await archive_month(old.settings, name_month(table, month), tmp_path / "month")

    assert not (tmp_path / "month").exists()
