"""The postal address that a customer typed on Stripe's pages: ours from then on, if we had none."""

from datetime import datetime

from msgspec.structs import asdict

from chenu.accounts.actor import AccountId
from chenu.accounts.billing_details import BillingDetailsInput, adopt_address
from chenu.accounts.customers import get_billed_person, get_owner
from chenu.billing.gateway import StripeRefusal
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.flows.mirrors.customer import find_sent_address
from chenu.flows.services import Services


async def follow_address(services: Services, account_id: AccountId) -> None:
    """Ask Stripe, and adopt what was typed there. Raises OutcomeUnknown, StripeRefusal."""
    owner = await get_billed_person(account_id)
    if owner.customer_id is None or owner.is_closed or owner.country:
        return
    asked_at = business_now()
    try:
        typed = await services.customers.find_address(owner.customer_id)
    except StripeRefusal as refusal:
        if refusal.is_gone:
            return
        raise
    # What we sent before it was taken away here was not typed there.
    if typed is not None and typed != await find_sent_address(account_id):
        await _adopt(account_id, BillingDetailsInput(**asdict(typed)), asked_at)


@db.transactional
async def _adopt(account_id: AccountId, typed: BillingDetailsInput, asked_at: datetime) -> None:
    """Whatever is sent from now on says it too."""
    if await adopt_address(account_id, typed, asked_at):
        await queue.enqueue(queue.Job.SYNC_PERSON, str(await get_owner(account_id)))
