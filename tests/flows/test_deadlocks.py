"""Every counter of the product, added to by twenty accounts at once: right, without an error."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace

from chenu.accounts import attempts
from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import MAX_LIVE_KEYS, create_api_key, find_key_actor
from chenu.accounts.attempts import Limit, count_attempt
from chenu.accounts.recovery import request_password_reset
from chenu.accounts.service_keys import create_service_key, find_service_actor
from chenu.agents.access import give_access
from chenu.agents.model import CreatorId, GrantSource
from chenu.agents.payments import record_refund
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db, mail
from chenu.core.business_clock import advance_clock
from chenu.core.clock import system_now
from chenu.core.errors import LimitReached
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.invariants import check_books
from chenu.flows.purchases.buy_agent import buy_agent
from chenu.flows.services import Services
from chenu.ledger.accounts import BUYER_PAYMENTS, creator_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, get_cents, post
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationState,
    create_operation,
    postpone,
)
from chenu.tiers.catalogue import TierCode
from tests.flows.sales import input_for, make_sale, open_quiet_market
from tests.jobs.outbox import queue_sale
from tests.people import Person, make_person
from tests.rows import count, put

TWENTY = range(20)


async def make_people() -> list[Person]:
    return [await make_person(f"buyer{number}") for number in TWENTY]


async def test_installs_of_a_free_agent(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    people = await make_people()

    bought = await asyncio.gather(
        *(
            buy_agent(services, person.actor, input_for(market.agent), f"key-{n}")
            for n, person in enumerate(people)
        )
    )

    assert len({purchase.id for purchase in bought}) == 20
    assert await count("agent", "installs = 20") == 1
    assert [f.name for f in await check_books() if not f.ok] == []


async def test_installs_by_one_account_at_once_are_one(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    account_id = market.buyer.actor.account_id
    assert account_id is not None

    @db.transactional
    async def give() -> bool:
        return await give_access(account_id, market.agent.id, GrantSource.GIFT, None)

    await asyncio.gather(*(give() for _ in TWENTY))

    assert await count("agent", "installs = 1") == 1


async def test_balance_of_a_creator(services: Services) -> None:
    creator = creator_payable(CreatorId(new_id()))
    entries = (debit(BUYER_PAYMENTS, euros(Cents(7))), credit(creator, euros(Cents(7))))

    @db.transactional
    async def book(number: int) -> bool:
        return await post(LedgerTransaction(f"sale:{number}", "TEST", new_id(), entries))

    booked = await asyncio.gather(*(book(number) for number in TWENTY))

    assert all(booked)
    assert await get_cents(creator) == 140


async def test_balances_of_creators_that_are_booked_in_any_order(services: Services) -> None:
    """The order in which a transaction names them is not the order in which they are locked."""
    one, two = (creator_payable(CreatorId(new_id())) for _ in range(2))

    @db.transactional
    async def book(number: int) -> bool:
        first, second = (one, two) if number % 2 else (two, one)
        entries = (
            debit(BUYER_PAYMENTS, euros(Cents(9))),
            credit(first, euros(Cents(5))),
            credit(second, euros(Cents(4))),
        )
        return await post(LedgerTransaction(f"sale:{number}", "TEST", new_id(), entries))

    await asyncio.gather(*(book(number) for number in TWENTY))

    assert [await get_cents(creator) for creator in (one, two)] == [90, 90]


async def test_tries_in_a_window(services: Services) -> None:
    limit = Limit("of_the_test", 100, timedelta(minutes=5))

    await asyncio.gather(*(count_attempt(limit, "192.0.2.1") for _ in TWENTY))

    assert await count("attempt_window", "tries = 20") == 1


async def test_tries_that_are_part_of_transactions(services: Services) -> None:
    """Twenty people of one network, each of whom asks for a link twice at once."""
    people = await make_people()
    asked = [person.email for person in people for _ in range(2)]

    await asyncio.gather(*(request_password_reset(email, "192.0.2.1") for email in asked))

    sql = "SELECT tries FROM attempt_window WHERE subject LIKE $1"
    assert await db.fetch_value(sql, f"{attempts.MAIL_PER_IP.name}:%") == 40
    assert await count("outbox_mail", "kind = 'PASSWORD_RESET'") == 40


async def test_uses_of_an_api_key(services: Services) -> None:
    owner = await make_person("zoe", TierCode.PRO)
    pepper = services.settings.secret
    made = await create_api_key(owner.actor, "key", [ApiScope.READ], None, pepper)

    found = await asyncio.gather(
        *(find_key_actor(made.secret, pepper, "192.0.2.1") for _ in TWENTY)
    )

    assert all(found)
    assert await count("api_key", "last_used_at IS NOT NULL") == 1


async def test_uses_of_a_service_key(services: Services) -> None:
    people = await make_people()
    pepper = services.settings.secret
    secret = await create_service_key("app", pepper)

    found = await asyncio.gather(
        *(
            find_service_actor(secret, pepper, "192.0.2.1", person.actor.account_id)
            for person in people
        )
    )

    assert all(found)
    assert await count("service_key", "last_used_at IS NOT NULL") == 1


async def test_api_keys_of_an_account(services: Services) -> None:
    owner = await make_person("zoe", TierCode.PRO)
    pepper = services.settings.secret

    async def make(number: int) -> bool:
        try:
            await create_api_key(owner.actor, f"key {number}", [ApiScope.READ], None, pepper)
        except LimitReached:
            return False
        return True

    made = await asyncio.gather(*(make(number) for number in range(MAX_LIVE_KEYS + 20)))

    assert sum(made) == MAX_LIVE_KEYS
    assert await count("api_key") == MAX_LIVE_KEYS


async def test_uses_of_an_idempotency_key(services: Services) -> None:
    market = await open_quiet_market(services, price=0)
    request = input_for(market.agent)

    bought = await asyncio.gather(
        *(buy_agent(services, market.buyer.actor, request, "one key") for _ in TWENTY)
    )

    assert len({purchase.id for purchase in bought}) == 1
    assert await count("idempotency_record") == 1
    assert await count("agent", "installs = 1") == 1


async def test_what_was_refunded_of_a_payment(services: Services) -> None:
    _, payment = await make_sale(services)

    await asyncio.gather(*(record_refund(payment.id, Cents(3)) for _ in TWENTY))

    assert await count("purchase_payment", "refunded = 60") == 1


async def test_attempts_of_an_event(services: Services) -> None:
    event = EventSummary("evt_1", "customer.deleted", "cus_1", None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)

    await asyncio.gather(*(inbox.record_failure("evt_1", "KeyError") for _ in TWENTY))

    assert await count("stripe_event", "attempts = 20") == 1


async def test_attempts_of_a_mail(services: Services) -> None:
    mail_id = await queue_sale()

    await asyncio.gather(*(mail.release(mail_id, "KeyError", final=False) for _ in TWENTY))

    assert await count("outbox_mail", "attempts = 20") == 1


@pytest.mark.parametrize("new_key", [False, True], ids=["same key", "next key"])
async def test_attempts_of_an_operation_that_was_due_once(
    services: Services, new_key: bool
) -> None:
    new = NewOperation(OperationKind.REFUND, "refund", params=None, subject_id=uuid4())
    operation = await create_operation(new)
    await put("operation", "next_check_at", system_now())
    due = replace(operation, next_check_at=system_now())

    await asyncio.gather(
        *(postpone(due, "x", state=OperationState.UNKNOWN, new_key=new_key) for _ in TWENTY)
    )

    assert await count("operation", "attempts = 1 AND key_number = $1", int(new_key)) == 1


async def test_moves_of_the_clock(services: Services) -> None:
    await asyncio.gather(*(advance_clock(timedelta(seconds=5)) for _ in TWENTY))

    assert await count("business_clock", "offset_seconds = 100") == 1


def test_a_row_that_is_written_is_locked_for_writing_from_the_start() -> None:
    """FOR SHARE lets two read and then wait for each other; FOR UPDATE stops foreign keys too."""
    found = {
        path.name
        for path in (Path(__file__).parents[2] / "chenu").rglob("*.py")
        if re.search(r"FOR (KEY )?SHARE|FOR UPDATE", path.read_text())
    }

    assert found == {"password_store.py"}  # signing in reads the password's hash, and writes none
