"""A bound customer's invoice and what happens to it, by answers of Stripe's that are made up.

Charges are of 1000, 900 and 1000 cents: 2900 together, with 483 of VAT.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from msgspec.structs import replace

from chenu.accounts.actor import ApiScope
from chenu.accounts.customers import adopt_customer
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commissions import CommissionRow, list_commissions
from chenu.affiliates.model import ReferralState
from chenu.affiliates.referrals import ReferralRow
from chenu.billing.dispute_states import DisputeState, DisputeStatus
from chenu.billing.disputes import DisputedKind, DisputedPayment
from chenu.billing.gateway import Charge
from chenu.billing.invoices import find_invoice_payment
from chenu.billing.recurring import InvoiceState, InvoiceStatus, RefundState, RefundStatus
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.disputes.follow import adopt_dispute
from chenu.flows.invariants import check_books
from chenu.flows.subscriptions.invoices import adopt_invoice
from chenu.flows.subscriptions.refund_books import settle_refund
from tests.affiliates.bound import bind, make_affiliate
from tests.billing.recurring import answered, made_up_invoice
from tests.people import Person, make_person

CUSTOMER = "cus_bound"
AMOUNTS = (Cents(1000), Cents(900), Cents(1000))
TOTAL, TAX = Cents(2900), Cents(483)
COMMISSION = Cents(242)


@dataclass
class Followed:
    """An invoice of 2900 cents; words do to it what Stripe tells of."""

    affiliate: AffiliateRow
    customer: Person
    referral: ReferralRow
    kind: str = "tier"
    charges: list[Charge] = field(default_factory=list)

    PARTS: ClassVar = {"first": 0, "second": 1, "third": 2}

    async def act(self, word: str) -> None:
        """'pay'; 'pay first'; 'refund second 300'; 'fail second 300'; 'take third', 'win third'."""
        verb, *rest = word.split()
        place = self.PARTS[rest[0]] if rest else 0
        match verb:
            case "pay":
                await self.pay([place] if rest else [0, 1, 2])
            case "refund" | "fail":
                status = RefundStatus.SUCCEEDED if verb == "refund" else RefundStatus.FAILED
                await self.refund(place, Cents(int(rest[1])), status)
            case "take" | "lose":
                await self.dispute(place, DisputeStatus.NEEDS_RESPONSE)
            case "win":
                await self.dispute(place, DisputeStatus.WON)

    async def pay(self, places: list[int]) -> None:
        self.charges += [make_charge(place) for place in places]
        fetched = await answered(self.state())

        async def write() -> bool:
            return await adopt_invoice(fetched)

        assert await db.run_in_transaction(write)

    def state(self) -> InvoiceState:
        paid = Cents(sum(each.amount for each in self.charges))
        whole = paid == TOTAL
        return replace(
            made_up_invoice(CUSTOMER),
            status=InvoiceStatus.PAID if whole else InvoiceStatus.OPEN,
            tax=TAX,
            total=TOTAL,
            amount_paid=paid,
            paid_at=business_now() if whole else None,
            payments=tuple(self.charges),
            metadata={"kind": self.kind},
        )

    async def refund(self, place: int, amount: Cents, status: RefundStatus) -> None:
        name = f"re_{place}_{amount}"
        state = RefundState(name, f"ch_{place}", f"pi_{place}", amount, status, business_now())

        async def write() -> bool:
            return await settle_refund(state)

        assert await db.run_in_transaction(write)

    async def dispute(self, place: int, status: DisputeStatus) -> None:
        charge = make_charge(place)
        payment = await find_invoice_payment(charge.id)
        assert payment is not None
        disputed = DisputedPayment(DisputedKind.PLAN, payment.id, payment.account_id, None, None)
        state = DisputeState(
            id=f"du_{place}",
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            amount=charge.amount,
            reason="fraudulent",
            status=status,
            is_refundable=False,
            due_by=None,
            has_evidence=False,
            operation_id=None,
            movements=(),
            created=business_now(),
        )
        await adopt_dispute(disputed, await answered(state))

    async def rows(self) -> list[CommissionRow]:
        """The oldest first."""
        page = await list_commissions(self.affiliate.id, PageRequest(50))
        return list(page.rows)[::-1]

    async def amounts(self) -> list[int]:
        return [row.amount for row in await self.rows()]

    async def statuses(self) -> list[str]:
        return [row.status for row in await self.rows()]


def make_charge(place: int) -> Charge:
    return Charge(
        f"ch_{place}",
        f"pi_{place}",
        AMOUNTS[place],
        Cents(0),
        Cents(0),
        None,
        business_now() + timedelta(seconds=place),
    )


async def follow(state: ReferralState = ReferralState.BOUND, kind: str = "tier") -> Followed:
    affiliate = await make_affiliate(await make_person("affiliate"))
    customer = await make_person("customer")
    await adopt_customer(customer.actor.require_account(ApiScope.READ), CUSTOMER)
    return Followed(affiliate, customer, await bind(customer, affiliate, state), kind)


async def violated() -> list[str]:
    """Invariants of commissions and of the ledger that do not hold."""
    names = ("I1", "I2", "I3")
    wrong = [each.name for each in await check_books() if not each.ok]
    return [name for name in wrong if name in names or name.startswith("I11")]
