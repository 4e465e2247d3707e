"""Affiliates with commissions that are due, and what Stripe has of their payouts."""

from dataclasses import dataclass
from typing import Any

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commissions import CommissionRow
from chenu.affiliates.model import AffiliateId, PayoutId, PayoutStatus
from chenu.affiliates.payouts import PayoutRow, find_payout, insert_payout
from chenu.affiliates.referrals import ReferralRow
from chenu.billing.connect_accounts import find_of_user
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.months import Month, month_of
from chenu.flows.services import Services
from chenu.ledger.accounts import PLATFORM_REVENUE, affiliate_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import DUE, earn
from tests.people import Person, make_creator, make_person
from tests.stripe_side import Json, StripeSide


@dataclass(frozen=True)
class Earning:
    """An affiliate who can be paid, and a customer of theirs."""

    person: Person
    affiliate: AffiliateRow
    referral: ReferralRow

    async def earn(self, *amounts: int) -> None:
        """Due now, and in the books."""
        last: CommissionRow | None = None
        for amount in amounts:
            of = last if amount < 0 else None
            last = await earn(self.referral, amount, DUE, days=-1, of=of)
            await _book(self.affiliate, self.referral, amount)

    async def payout(self, month: Month | None = None) -> PayoutRow:
        found = await find_payout(self.affiliate.id, month or this_month())
        assert found is not None
        return found

    async def transfers(self, side: StripeSide, month: Month | None = None) -> list[Json]:
        first = (month or this_month()).first_day
        return await side.list_all(
            "/v1/transfers", transfer_group=f"aff_{self.affiliate.id}_{first:%Y%m}"
        )

    async def stripe_account(self) -> str:
        account = await find_of_user(self.person.user_id)
        assert account is not None
        assert account.stripe_account_id is not None
        return account.stripe_account_id

    async def states(self) -> list[Any]:
        sql = "SELECT array_agg(status ORDER BY id) FROM commission WHERE affiliate = $1"
        return list(await db.fetch_value(sql, self.affiliate.id))


async def _book(affiliate: AffiliateRow, referral: ReferralRow, amount: int) -> None:
    async with db.transaction():
        await post(
            LedgerTransaction(
                business_key=f"earned-in-a-test:{new_id()}",
                kind="COMMISSION",
                account_id=referral.account_id,
                entries=(
                    debit(PLATFORM_REVENUE, euros(Cents(amount))),
                    credit(affiliate_payable(affiliate.id), euros(Cents(amount))),
                ),
            )
        )


def this_month() -> Month:
    return month_of(business_now())


async def open_earning(
    services: Services, *amounts: int, name: str = "affilie", can_be_paid: bool = True
) -> Earning:
    person = (await make_creator(services, name))[0] if can_be_paid else await make_person(name)
    affiliate = await make_affiliate(person)
    customer = await make_person(f"client-of-{name}")
    earning = Earning(person, affiliate, await bind(customer, affiliate))
    await earning.earn(*amounts)
    return earning


async def fund(side: StripeSide, cents: int = 10_000_000) -> None:
    """Our balance at Stripe, available at once."""
    await side.change(
        "/v1/payment_intents",
        amount=str(cents),
        currency="eur",
        payment_method="pm_card_bypassPending",
        confirm="true",
        **{
            "automatic_payment_methods[enabled]": "true",
            "automatic_payment_methods[allow_redirects]": "never",
        },
    )


async def put_paid(
    affiliate_id: AffiliateId, number: str = "AF-00000000-0001", month: Month | None = None
) -> PayoutId:
    """A payout, of last month unless another is named, without its transfer."""
    row = PayoutRow(
        id=PayoutId(new_id()),
        affiliate_id=affiliate_id,
        month=(month or this_month().previous()).first_day,
        amount=Cents(7920),
        status=PayoutStatus.PAID,
        operation_id=None,
        stripe_transfer_id=None,
        failure_reason=None,
        number=number,
        created_at=business_now(),
        paid_at=business_now(),
    )
    await insert_payout(row)
    return row.id
