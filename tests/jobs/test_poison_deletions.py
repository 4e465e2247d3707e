"""A deletion that always fails waits with the exception's name, and does not stop others."""

from datetime import datetime
from typing import Any

import pytest

from chenu.billing.live_gateway import LiveGateway
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.privacy.deletion import delete_person, finish_deletion
from chenu.flows.services import Services
from chenu.privacy.deletions import list_deletions_due
from chenu.tiers.catalogue import TierCode
from tests.conftest import with_gateway
from tests.flows.plans import complete, open_plans, start
from tests.jobs.test_poison import PoisonedGateway, read_postponed
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, put
from tests.stripe_side import StripeSide

_ROW = """
    SELECT last_error AS error, next_attempt_at AS next_at FROM person_deletion WHERE person = $1
"""
_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


async def make_deleted(services: Services, person: Person) -> str:
    """Their customer at Stripe."""
    await complete(services, await start(services, person.actor, TierCode.STARTER))
    sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
    customer = await db.fetch_value(sql, person.actor.account_id)
    await delete_person(services, person.actor, PASSWORD, "DELETE")
    return str(customer)


async def test_a_poison_deletion_waits_and_its_neighbour_is_finished(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    first = await open_plans(services)
    second = await make_person("otto", TierCode.FREE)
    poison = await make_deleted(services, first)
    await make_deleted(services, second)
    gateway = LiveGateway(services.settings.stripe)
    stripe: Any = PoisonedGateway(gateway, poison)
    poisoned, due = with_gateway(services, stripe), await list_deletions_due()

    with pytest.raises(KeyError):
        await finish_deletion(poisoned, due[0])
    await finish_deletion(poisoned, due[1])
    await gateway.close()

    waiting = await read_postponed(_ROW, first.user_id)
    assert waiting.error == "KeyError"
    assert waiting.next_at > system_now()
    finished = "person = $1 AND finished_at IS NOT NULL"
    assert await count("person_deletion", finished, second.user_id) == 1
    assert await list_deletions_due() == []

    await put("person_deletion", "next_attempt_at", _LONG_AGO, "finished_at IS NULL")
    for deletion_id in await list_deletions_due():
        await finish_deletion(services, deletion_id)

    assert await count("person_deletion", finished, first.user_id) == 1
