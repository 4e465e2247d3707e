"""The rules of every feature, in the order in which a deletion follows them: children first."""

from chenu.accounts import privacy as accounts
from chenu.accounts.actor import UserId
from chenu.accounts.customers import list_owned_accounts
from chenu.accounts.emails import list_proved_emails, list_wanted_emails
from chenu.affiliates import privacy as affiliates
from chenu.agents import privacy as agents
from chenu.agents.privacy import list_agents_made
from chenu.analytics import privacy as analytics
from chenu.availability import privacy as availability
from chenu.billing import privacy as billing
from chenu.branding import privacy as branding
from chenu.core import personal_data as core
from chenu.core.clock import business_now
from chenu.core.personal_data import PersonalData, Rule, Whose, erase
from chenu.domains import privacy as domains
from chenu.ledger import privacy as ledger
from chenu.metering import privacy as metering
from chenu.moderation import privacy as moderation
from chenu.privacy import privacy as exports
from chenu.roi import privacy as roi
from chenu.scim import privacy as scim
from chenu.sso import privacy as sso
from chenu.support import privacy as support
from chenu.tokens import pack_privacy as packs
from chenu.tokens import privacy as tokens
from chenu.webhooks import privacy as webhooks

RULES: tuple[Rule, ...] = (
    *exports.RULES,
    *core.RULES,
    *scim.RULES,
    *sso.RULES,
    *domains.RULES,
    *ledger.RULES,
    *tokens.RULES,
    *metering.RULES,
    *affiliates.RULES,
    *support.RULES,
    *moderation.RULES,
    *packs.RULES,
    *analytics.RULES,
    *availability.RULES,
    *branding.RULES,
    *roi.RULES,
    *billing.RULES,
    *agents.RULES,
    *webhooks.RULES,
    *accounts.RULES,
)
PERSONAL = tuple(rule for rule in RULES if isinstance(rule, PersonalData))


async def find_whose(user_id: UserId) -> Whose:
    """What identifies the person's rows, as they are now."""
    accounts = tuple(await list_owned_accounts(user_id))
    made = await list_agents_made(user_id, accounts)
    return Whose(
        person=user_id,
        accounts=accounts,
        emails=tuple(await list_proved_emails(user_id)),
        wanted=tuple(await list_wanted_emails(user_id)),
        now=business_now(),
        agents=tuple(agent.id for agent in made if not agent.is_held),
    )


async def erase_all(whose: Whose) -> None:
    """What a deletion leaves of the person, in one transaction. Again changes nothing."""
    for rule in PERSONAL:
        await erase(rule, whose)
