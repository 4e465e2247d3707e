"""The agents that an account allows its people to get, wherever they act for it."""

from uuid import UUID

from chenu.accounts.actor import AccountId, Actor
from chenu.core import db
from chenu.core.errors import InvalidState
from chenu.tiers.catalogue import Feature


async def require_allowed(actor: Actor, account_id: AccountId, agent_id: UUID) -> None:
    """Raises InvalidState. Of what the account has already nothing is taken away.

    A list that is asleep, or is empty, forbids nothing.
    """
    if not actor.entitlements.has(Feature.WHITE_LABEL):
        return
    sql = """
        SELECT 1 FROM brand
        WHERE account = $1 AND cardinality(agents) > 0 AND NOT agents @> ARRAY[$2::uuid]
    """
    if await db.fetch_value(sql, account_id, agent_id):
        raise InvalidState(
            "This account gets only agents that its owner has chosen: please ask the owner for it"
        )
