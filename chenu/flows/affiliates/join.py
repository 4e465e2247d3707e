"""Joining the affiliate programme."""

from chenu.accounts.actor import Actor
from chenu.accounts.documents import record_acceptance
from chenu.affiliates.affiliates import AffiliateRow, find_affiliate_of, insert_affiliate
from chenu.core import db


@db.transactional
async def join_programme(actor: Actor) -> AffiliateRow:
    """The person's row; it stays as it is, also SUSPENDED, for whoever joined before.

    Raises Unauthenticated, Unverified.
    """
    user_id = actor.require_user()
    actor.require_verified()
    await db.lock_until_commit(f"affiliate:{user_id}")
    found = await find_affiliate_of(user_id)
    if found is not None:
        return found
    await record_acceptance(user_id)
    return await insert_affiliate(user_id)
