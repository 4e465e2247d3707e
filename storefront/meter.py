"""The token meter: what the account acted for can spend, on each page of who is signed in."""

import hashlib
from datetime import datetime

import msgspec
from msgspec.structs import astuple

from chenu.accounts.actor import AccountId, Actor, ActorKind
from chenu.tiers.catalogue import Feature
from chenu.tokens.meter import TokenMeter, read_meter
from chenu.tokens.wallet import list_monthly_use

METER_KEY = "meter"
"""In the scope's state: the Meter, read once for each request."""


class Meter(msgspec.Struct, frozen=True):
    """`available` None: unlimited, and `used` is of this month; below zero: a debt.

    `budget` 0: there is none now.
    """

    available: int | None
    budget: int
    used: int
    is_low: bool = False
    is_used_up: bool = False
    resets_at: datetime | None = None

    @property
    def is_unlimited(self) -> bool:
        return self.available is None

    @property
    def version(self) -> str:
        """The same for meters that say the same."""
        return hashlib.blake2b(repr(astuple(self)).encode(), digest_size=8).hexdigest()


async def find_meter(actor: Actor) -> Meter | None:
    """None for whoever is not signed in: their pages are the same for all of them."""
    if actor.kind is not ActorKind.SESSION or actor.account_id is None:
        return None
    if actor.entitlements.grant(Feature.TOKENS).is_unlimited:
        return Meter(None, 0, await _count_used(actor.account_id))
    return show(await read_meter(actor.account_id))


async def _count_used(account_id: AccountId) -> int:
    """In the month that the entitlement TOKENS counts, as the API says it."""
    return sum(each.used for each in await list_monthly_use([account_id]))


def show(read: TokenMeter) -> Meter:
    return Meter(
        read.available, read.budget, read.used, read.is_low, read.is_used_up, read.resets_at
    )
