"""Customers found by an id, a number, a code or an address of mail, wherever it comes from."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from chenu.accounts import references as accounts
from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.credentials import API_KEY_HEAD
from chenu.accounts.queries import (
    Account,
    list_accounts,
    list_accounts_by_address,
    list_accounts_of_member,
    list_personal_accounts,
)
from chenu.accounts.users import User, list_users
from chenu.affiliates import references as affiliates
from chenu.agents import references as agents
from chenu.billing import references as billing
from chenu.core.references import Gives, Reference, find_ids, read_typed
from chenu.core.text import storable
from chenu.ledger import references as ledger
from chenu.support import references as support
from chenu.tokens import references as tokens

REFERENCES: tuple[Reference, ...] = (
    *accounts.REFERENCES,
    *billing.REFERENCES,
    *agents.REFERENCES,
    *tokens.REFERENCES,
    *affiliates.REFERENCES,
    *support.REFERENCES,
    *ledger.REFERENCES,
)
MOST_FOUND = 20
_LONGEST = 320
_SHORTEST_BEGINNING = 2
_SHOWN_OF_KEY = len(API_KEY_HEAD) + 6
_MAIL, _BEGINNING = "mail", "mail_beginning"


class FoundCustomer(msgspec.Struct, frozen=True):
    """`as_what` says what has the name that was typed, in the words of the references."""

    account: Account
    owner: User
    as_what: tuple[str, ...]


async def find_customers(text: str) -> list[FoundCustomer]:
    """Those whom the text names; where it names nobody, those whose address begins like it."""
    typed = storable(text.strip())[:_LONGEST]
    if not typed:
        return []
    found = await _find_named(typed)
    if not found and len(typed) >= _SHORTEST_BEGINNING:
        begun = await list_accounts_by_address(typed, limit=MOST_FOUND)
        found = [(account, _BEGINNING) for account in begun]
    return await _describe(found)


async def _find_named(typed: str) -> list[tuple[Account, str]]:
    if "@" in typed:
        return [(account, _MAIL) for account in await list_accounts_of_member(typed)]
    read = read_typed(_without_secret(typed))
    asked = [reference for reference in REFERENCES if reference.takes(read)]
    ids = await asyncio.gather(*(find_ids(reference, read) for reference in asked))
    return [
        pair
        for gives in Gives
        for pair in await _load(
            gives,
            [
                (row_id, reference.what)
                for reference, found in zip(asked, ids, strict=True)
                if reference.gives is gives
                for row_id in found
            ],
        )
    ]


def _without_secret(typed: str) -> str:
    """Of a whole API key only what lists show of it."""
    return typed[:_SHOWN_OF_KEY] if typed.startswith(API_KEY_HEAD) else typed


async def _load(gives: Gives, found: Sequence[tuple[UUID, str]]) -> list[tuple[Account, str]]:
    if not found:
        return []
    ids = [row_id for row_id, _ in found]
    if gives is Gives.PERSON:
        loaded = await list_personal_accounts([UserId(row_id) for row_id in ids])
        by_id = {UUID(str(account.owner_id)): account for account in loaded}
    else:
        loaded = await list_accounts([AccountId(row_id) for row_id in ids])
        by_id = {UUID(str(account.id)): account for account in loaded}
    return [(by_id[row_id], what) for row_id, what in found if row_id in by_id]


async def _describe(found: Sequence[tuple[Account, str]]) -> list[FoundCustomer]:
    """Each account once, with all that has the name."""
    known = {account.id: account for account, _ in found}
    owners = await list_users(sorted({account.owner_id for account in known.values()}))
    by_id = {owner.id: owner for owner in owners}
    return [
        FoundCustomer(
            account,
            by_id[account.owner_id],
            tuple(dict.fromkeys(what for each, what in found if each.id == account_id)),
        )
        for account_id, account in known.items()
    ]
