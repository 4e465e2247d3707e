"""How an affiliate is paid: the same Connect account as a creator's, behind a page of ours."""

from chenu.accounts import audit
from chenu.accounts.actor import Actor
from chenu.accounts.confirmation import require_fresh
from chenu.affiliates.affiliates import get_own_affiliate
from chenu.agents.creators import check_country
from chenu.billing import connect_accounts
from chenu.core import db, queue
from chenu.core.errors import reject_if_any
from chenu.flows.mirrors.connect_account import create_account_operation, get_payee_name
from chenu.flows.mirrors.onboarding import make_bank_link, make_setup_link, refresh_account_of
from chenu.flows.services import Services

PATH = "/affiliate/onboarding"


async def choose_country(actor: Actor, country: str) -> None:
    """The intent to open a Connect account; `country` is a lower-case ISO code.

    It is fixed once Stripe has the account: then nothing changes. Raises InvalidState for somebody
    who has not joined, or whose address is not verified; Invalid.
    """
    affiliate = await get_own_affiliate(actor)
    actor.require_verified()
    chosen = country.strip().lower()
    reject_if_any(check_country(chosen))

    async def begin() -> None:
        account = await connect_accounts.start(affiliate.member, chosen)
        name = await get_payee_name(affiliate.member)
        operation = await create_account_operation(affiliate.member, name, account.country)
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))

    await db.run_in_transaction(begin)


async def make_payout_setup_link(services: Services, actor: Actor) -> str | None:
    """Stripe's single-use page, made per click; None when nothing is due.

    Raises InvalidState for somebody who has not joined, SignInAgain, ProviderUnavailable.
    """
    affiliate = await get_own_affiliate(actor)
    await require_fresh(actor)
    return await make_setup_link(services, affiliate.member, PATH)


async def make_payout_bank_link(services: Services, actor: Actor) -> str | None:
    """Stripe's page where an affiliate changes the bank account; None before onboarding.

    Raises InvalidState for somebody who has not joined, SignInAgain, ProviderUnavailable.
    """
    affiliate = await get_own_affiliate(actor)
    await require_fresh(actor)
    link = await make_bank_link(services, affiliate.member)
    if link is not None:
        await audit.record(actor, "affiliate.login_link", affiliate.id)
    return link


async def refresh_own_payouts(services: Services, actor: Actor) -> bool:
    """Whether the affiliate can be paid, as Stripe says it now."""
    affiliate = await get_own_affiliate(actor)
    return await refresh_account_of(services, affiliate.member)
