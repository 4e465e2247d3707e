"""Contracts and inquiries for tests."""

from datetime import UTC, datetime, timedelta

from chenu.accounts.actor import ANONYMOUS
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.subscriptions.contracts import ContractInput
from chenu.support.inquiries import InquiryId, InquiryInput, ask_for_offer


def made_up_contract() -> ContractInput:
    """One that begins in 2080."""
    return ContractInput(
        reference="C-2080-1",
        amount=Cents(120_000),
        billing_interval=BillingInterval.MONTH,
        seats=40,
        api_calls=5_000_000,
        api_rate=3_000,
        starts_at=datetime(2080, 1, 1, tzinfo=UTC),
        ends_at=datetime(2081, 1, 1, tzinfo=UTC),
    )


def contract_of_days(first: int, last: int) -> ContractInput:
    """From so many days after now until so many."""
    now, contract = business_now(), made_up_contract()
    return ContractInput(
        reference=contract.reference,
        amount=contract.amount,
        billing_interval=contract.billing_interval,
        seats=contract.seats,
        api_calls=contract.api_calls,
        api_rate=contract.api_rate,
        starts_at=now + timedelta(days=first),
        ends_at=now + timedelta(days=last),
    )


async def ask_offer() -> InquiryId:
    data = InquiryInput(
        name="Ada",
        company="Ada SARL",
        email="ada@example.org",
        seats=25,
        message="We need seats.",
        locale="fr",
    )
    return await ask_for_offer(ANONYMOUS, data)
