"""What happens to a plan from outside: at Stripe's dashboard, by our staff, by a buyer's bank."""

from dataclasses import dataclass, field

from chenu.billing.invoices import InvoiceId
from chenu.billing.refund_requests import RefundRequestState
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from tests.faults.plan_model import PlanModel, amount_of, is_about_money
from tests.people import Person
from tests.stripe_side import Json, StripeSide


@dataclass
class Life:
    person: Person
    model: PlanModel
    actions: dict[float, str]
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Acts:
    """Of what happens at Stripe we hear by events alone."""

    services: Services
    stripe: StripeSide
    clerk: Person
    disputes: dict[str, str] = field(default_factory=dict)
    """The dispute of a charge."""

    async def do(self, life: Life, action: str) -> None:
        sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
        customer = await db.fetch_value(sql, life.person.actor.account_id)
        if is_about_money(action):
            await self._do_with_charge(customer, life.model, action)
        else:
            await self._do_with_plan(customer, action)

    async def _do_with_plan(self, customer: str, action: str) -> None:
        [subscription] = await self.stripe.list_all("/v1/subscriptions", customer=customer)
        url = f"/v1/subscriptions/{subscription['id']}"
        if action == "cancel now":
            await self.stripe.delete(url)
            return
        if action.startswith("card"):
            token = "pm_card_visa" if action == "card works" else "pm_card_chargeCustomerFail"
            card = await self.stripe.save_card(customer, token)
            await self.stripe.change(url, default_payment_method=card)
            return
        forms: dict[str, dict[str, str]] = {
            "cancel at end": {"cancel_at_period_end": "true"},
            "resume": {"cancel_at_period_end": "false"},
            "pause": {"pause_collection[behavior]": "void"},
            "go on": {"pause_collection": ""},
            "upgrade": {
                "items[0][id]": subscription["items"]["data"][0]["id"],
                "items[0][price]": await price_of(self.stripe, "plan_pro_month_eur"),
                "proration_behavior": "none",
            },
        }
        await self.stripe.change(url, **forms[action])

    async def _do_with_charge(self, customer: str, model: PlanModel, action: str) -> None:
        """The model names the charge by its place among those that were paid."""
        place = model.find_charge(action)
        assert place is not None
        charge = (await self._list_paid(customer))[place]
        amount = amount_of(action, model.charges[place].left)
        if action.startswith("dispute is"):
            status = action.removeprefix("dispute is ")
            await self.stripe.end_dispute(self.disputes[charge["id"]], status)
        elif action == "dispute":
            self.disputes[charge["id"]] = await self._dispute(charge["id"])
        elif "staff" in action:
            await self._refund_as_staff(charge["id"], amount)
        elif action == "credit note at Stripe":
            invoice = await self._invoice_of(charge)
            form = {"amount": str(amount), "refund_amount": str(amount)}
            await self.stripe.change("/v1/credit_notes", invoice=invoice, **form)
        else:
            await self.stripe.change("/v1/refunds", charge=charge["id"], amount=str(amount))

    async def _dispute(self, charge_id: str) -> str:
        """Answered, because one that is not is lost by itself some days later."""
        dispute = await self.stripe.dispute(charge_id)
        answer = {"evidence[uncategorized_text]": "It was used for a week.", "submit": "true"}
        await self.stripe.change(f"/v1/disputes/{dispute}", **answer)
        return dispute

    async def _list_paid(self, customer: str) -> list[Json]:
        """The oldest first."""
        charges = await self.stripe.list_all("/v1/charges", customer=customer)
        return [each for each in reversed(charges) if each["paid"]]

    async def _invoice_of(self, charge: Json) -> str:
        of = {
            "payment[type]": "payment_intent",
            "payment[payment_intent]": charge["payment_intent"],
        }
        [payment] = await self.stripe.list_all("/v1/invoice_payments", **of)
        return str(payment["invoice"])

    async def _refund_as_staff(self, charge_id: str, amount: int) -> None:
        sql = "SELECT invoice FROM invoice_payment WHERE stripe_charge_id = $1"
        invoice_id = InvoiceId(await db.fetch_value(sql, charge_id))
        data = RefundInput(invoice_id, Cents(amount), "It did not work for a week.")
        request = await request_refund(self.services, self.clerk.actor, data, new_id().hex)
        assert request.state is RefundRequestState.SETTLED


async def price_of(stripe: StripeSide, key: str) -> str:
    [price] = await stripe.list_all("/v1/prices", **{"lookup_keys[0]": key})
    return str(price["id"])
