"""Joining the affiliate programme: once, with a verified address."""

import asyncio
import re

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS
from chenu.affiliates.model import AffiliateStatus
from chenu.core import db
from chenu.core.errors import Unauthenticated, Unverified
from chenu.flows.affiliates.join import join_programme
from chenu.flows.services import Services
from tests.people import make_person
from tests.rows import count


async def test_whoever_joins_has_a_code_and_accepted_the_terms(services: Services) -> None:
    person = await make_person("aline")
    accepted = await count("acceptance")

    affiliate = await join_programme(person.actor)

    assert re.fullmatch(r"CHENU[0-9A-F]{8}", affiliate.code)
    assert (affiliate.member, affiliate.status) == (person.user_id, AffiliateStatus.ACTIVE)
    assert await count("acceptance") > accepted


async def test_joining_again_changes_nothing(services: Services) -> None:
    person = await make_person("aline")

    rows = await asyncio.gather(*(join_programme(person.actor) for _ in range(4)))

    assert len(set(rows)) == await count("affiliate") == 1


async def test_a_suspended_affiliate_stays_suspended(services: Services) -> None:
    person = await make_person("aline")
    await join_programme(person.actor)
    await db.execute("UPDATE affiliate SET status = 'SUSPENDED'")

    again = await join_programme(person.actor)

    assert again.status is AffiliateStatus.SUSPENDED


async def test_strangers_and_unverified_people_do_not_join(services: Services) -> None:
    person = await make_person("aline")

    with pytest.raises(Unauthenticated):
        await join_programme(ANONYMOUS)
    with pytest.raises(Unverified):
        await join_programme(replace(person.actor, email_verified=False))

    assert await count("affiliate") == 0
