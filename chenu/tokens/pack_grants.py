"""The grants of a pack, base and bonus apart: what of them is unspent, and what may be taken."""

from collections.abc import Sequence

import msgspec

from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import (
    GrantKind,
    GrantRow,
    list_grants_of_source,
    list_grants_of_sources,
    revoke_tokens,
)
from chenu.tokens.pack_orders import PackOrderId


class Unspent(msgspec.Struct, frozen=True):
    """What is reserved for runs is not unspent."""

    base: int
    bonus: int


async def count_unspent(order_ids: Sequence[PackOrderId]) -> dict[PackOrderId, Unspent]:
    """Of each pack: one statement for all of them."""
    grants = await list_grants_of_sources(order_ids)
    return {
        order_id: Unspent(
            base=_sum(grants, order_id, GrantKind.PACK),
            bonus=_sum(grants, order_id, GrantKind.PACK_BONUS),
        )
        for order_id in order_ids
    }


def _sum(grants: Sequence[GrantRow], order_id: PackOrderId, kind: GrantKind) -> int:
    return sum(each.remaining for each in grants if (each.source_id, each.kind) == (order_id, kind))


async def take_unspent(
    order_id: PackOrderId, kind: GrantKind, most: int, *, key: str, reason: str
) -> int:
    """Revokes what is unspent, at most `most`; how much that was. In the caller's transaction."""
    taken = 0
    for grant in await _list_grants(order_id, kind):
        if taken < most:
            revoked = await revoke_tokens(
                grant.id,
                Tokens(most - taken),
                business_key=f"{key}:{grant.id}",
                reason=reason,
                debt=False,
            )
            taken += revoked.taken
    return taken


async def take_spent(
    order_id: PackOrderId, kind: GrantKind, amount: int, *, key: str, reason: str
) -> int:
    """These tokens are not there any more: the account owes them. How many that were.

    The newest grant first; of an older one, what a refund that failed did not give again.
    """
    owed = 0
    for grant in reversed(await _list_grants(order_id, kind)):
        if owed < amount:
            revoked = await revoke_tokens(
                grant.id,
                Tokens(amount - owed),
                business_key=f"{key}:debt:{grant.id}",
                reason=reason,
                debt=True,
            )
            owed += revoked.taken + revoked.owed
    return owed


async def _list_grants(order_id: PackOrderId, kind: GrantKind) -> list[GrantRow]:
    """Beside the first one, those that a refund which failed gave again."""
    return [each for each in await list_grants_of_source(order_id) if each.kind is kind]
