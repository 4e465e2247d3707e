"""Accounts that get tokens and use them, by the product's own functions."""

from datetime import datetime, timedelta
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind, GrantRow, NewGrant, grant_tokens, revoke_tokens
from chenu.tokens.holds import HoldId, NewHold, hold_tokens, settle_hold
from tests.people import Person
from tests.tokens.granting import insert_budget

HOUR = timedelta(hours=1)


def account_of(person: Person) -> AccountId:
    account_id = person.actor.account_id
    assert account_id is not None
    return account_id


async def give(
    person: Person,
    amount: int,
    kind: GrantKind = GrantKind.PACK,
    *,
    agent_id: UUID | None = None,
    expires_at: datetime | None = None,
    source_id: UUID | None = None,
) -> GrantRow:
    new = NewGrant(
        account_of(person),
        kind,
        Tokens(amount),
        f"test:{new_id()}",
        "A gift of the tests",
        expires_at=expires_at,
        agent_id=agent_id,
        source_id=source_id,
    )
    return await grant_tokens(new)


async def give_budget(person: Person, amount: int) -> GrantRow:
    """It ends in ten days."""
    ends = business_now() + timedelta(days=10)
    grant = await give(person, amount, GrantKind.MONTHLY, expires_at=ends, source_id=new_id())
    await insert_budget(grant)
    return grant


async def reserve(
    person: Person, most: int, agent_id: UUID | None = None, reason: str = "A run of the tests"
) -> HoldId:
    hold_id = HoldId(new_id())
    until = business_now() + HOUR
    new = NewHold(account_of(person), Tokens(most), hold_id, reason, until, agent_id=agent_id)
    await hold_tokens(new)
    return hold_id


async def run(
    person: Person,
    used: int,
    agent_id: UUID | None = None,
    *,
    most: int = 0,
    reason: str = "A run of the tests",
) -> None:
    """Reserves and settles."""
    hold_id = await reserve(person, most or used, agent_id, reason)
    await settle_hold(account_of(person), hold_id, Tokens(used))


async def owe(person: Person, amount: int) -> None:
    """A pack that was taken back after its tokens had been spent."""
    pack = await give(person, amount)
    await run(person, amount)
    await revoke_tokens(
        pack.id, Tokens(amount), business_key="taken back", reason="Refunded", debt=True
    )
