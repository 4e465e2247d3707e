"""A draft that begins with a name, is saved as far as it is good, and is whole before a review."""

from collections.abc import Sequence

from msgspec.structs import replace

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope
from chenu.agents.completeness import rate_listing
from chenu.agents.creators import get_own_creator
from chenu.agents.drafts import insert_begun
from chenu.agents.listing import ListingFields, check_listing
from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import Locale
from chenu.flows.creators.edit_agent import update_agent
from chenu.tiers.catalogue import AgentLevel, Feature
from chenu.tiers.entitlements import require_feature

_FIELD_OF_PATH = {"average_minutes_saved": "minutes"}


async def begin_agent(actor: Actor, name: str, level: AgentLevel, language: Locale) -> AgentId:
    """A free draft without texts and version. Raises PlanRequired, Invalid, NotFound."""
    actor.require_user()
    account_id = actor.require_account(ApiScope.AGENTS)
    require_feature(actor.entitlements, Feature.MARKETPLACE)
    creator = await get_own_creator(actor)
    reject_if_any(check_listing(ListingFields(name=name)))

    async def write() -> AgentId:
        agent_id = await insert_begun(creator.id, account_id, name, level, language)
        await audit.record(actor, "agent.create", agent_id)
        return agent_id

    return await db.run_in_transaction(write)


async def save_what_is_good(
    actor: Actor, agent_id: AgentId, fields: ListingFields, unread: Sequence[ChenuError] = ()
) -> None:
    """Fields of a draft that are wrong stay as they were, and are reported when the others are
    saved, with those that could not be read. Raises what `update_agent` raises.
    """
    errors = [*check_listing(fields), *unread]
    paths = [str(error.path[0]) for error in errors]
    wrong = dict.fromkeys(_FIELD_OF_PATH.get(path, path) for path in paths)
    await update_agent(actor, agent_id, replace(fields, **wrong), None)
    reject_if_any(errors)


def require_complete(agent: AgentRow) -> None:
    """Raises Invalid, or Rejected with all that is missing."""
    missing: list[ChenuError] = [
        Invalid(point.advice, path=(point.field,)) for point in rate_listing(agent).missing
    ]
    reject_if_any(missing)
