"""The meter of an account without limit: the same month as the entitlement TOKENS."""

from datetime import datetime, timedelta

import pytest

from chenu.core.clock import CLOCK, business_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from storefront.meter import find_meter
from tests.people import Person, make_person
from tests.rows import put
from tests.storefront.token_lives import account_of
from tests.tokens.granting import Wanted, get_monthly_budget, spend_all

BEGINNINGS = {
    "the 31st in a short month": ("2027-01-31T23:30", "2027-02-28T23:30"),
    "the 31st after a short month": ("2027-01-31T23:30", "2027-03-31T23:30"),
    "the 31st in a leap year": ("2027-08-31T00:00", "2028-02-29T00:00"),
    "summer time begins": ("2027-01-28T00:30", "2027-03-28T00:30"),
    "summer time ends": ("2027-03-31T00:30", "2027-10-31T00:30"),
}
MINUTE = timedelta(minutes=1)


def move_to(moment: datetime) -> None:
    CLOCK.move_to_offset(CLOCK.offset + (moment - business_now()))


async def spend_at(person: Person, amount: int, moment: datetime) -> None:
    move_to(moment)
    await spend_all(Wanted(account_of(person), amount, is_unlimited=True))


async def read(person: Person) -> int:
    """What the meter says, which the entitlement must say too."""
    meter = await find_meter(person.actor)
    budget = await get_monthly_budget(account_of(person))
    assert meter is not None
    assert (meter.available, budget.budget) == (None, None)
    assert meter.used == budget.used
    return meter.used


@pytest.mark.parametrize(("anchor", "begins"), BEGINNINGS.values(), ids=BEGINNINGS.keys())
async def test_a_month_begins_on_the_anchor_day(
    services: Services, anchor: str, begins: str
) -> None:
    person = await make_person("zoe", TierCode.ENTERPRISE)
    first, start = (datetime.fromisoformat(f"{each}+00:00") for each in (anchor, begins))
    await put("token_budget", "anchor_at", first, "account = $2", account_of(person))

    await spend_at(person, 70, start - MINUTE)
    before = await read(person)
    await spend_at(person, 5, start + MINUTE)

    assert (before, await read(person)) == (70, 5)
    move_to(start + timedelta(days=27))  # in the next calendar month
    assert await read(person) == 5
