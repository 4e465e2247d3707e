"""Three free tries of each marketplace agent that an account has not got.

They are paid from one grant that only this agent can use. docs/decisions/0037.
"""

from chenu.accounts.actor import AccountId
from chenu.agents.errors import NotInLibrary
from chenu.agents.executions import count_free_tries
from chenu.agents.model import AgentId
from chenu.agents.run_access import FREE_TRIES, FREE_TRIES_TOKENS
from chenu.core import db
from chenu.core.i18n import mark
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantId, GrantKind, NewGrant, grant_tokens

_REASON = mark("Free tries of an agent")


async def take_free_try(account_id: AccountId, agent_id: AgentId) -> GrantId:
    """The grant that pays for it, in the caller's transaction.

    Raises NotInLibrary when all tries are used.
    """
    await db.lock_until_commit(f"free tries:{account_id}:{agent_id}")
    if await count_free_tries(account_id, agent_id) >= FREE_TRIES:
        message = mark("Your {count} free tries of this agent are used: buy it to go on using it")
        raise NotInLibrary(message, path=("agent_id",), count=FREE_TRIES)
    grant = await grant_tokens(
        NewGrant(
            account_id=account_id,
            kind=GrantKind.PROMOTION,
            amount=Tokens(FREE_TRIES_TOKENS),
            business_key=f"free-tries:{account_id}:{agent_id}",
            reason=_REASON,
            agent_id=agent_id,
        )
    )
    return grant.id
