"""A store in which every text is hostile, inserted without validation."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chenu.accounts.actor import AccountId, ApiScope, Staff
from chenu.accounts.billing_details import BillingDetailsInput, save_billing_details
from chenu.affiliates.model import ReferralState
from chenu.agents.featured import FeatureInput, feature_agent
from chenu.agents.legal_details import save_legal_details
from chenu.agents.listing import ListingFields
from chenu.agents.model import CreatorId, PaymentId
from chenu.agents.payments import PaymentRow, insert_payment
from chenu.agents.purchases import PurchaseRow
from chenu.agents.rows import AgentRow
from chenu.analytics.costs import CostInput, record_cost
from chenu.billing.coupons import insert_coupon
from chenu.billing.invoices import find_invoice_by_stripe_id, store_invoice
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.money import BasisPoints, Cents
from chenu.core.months import Month
from chenu.flows.agent_reviews import create_review
from chenu.flows.creators.edit_agent import create_agent, create_version, update_agent
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import end_contract, enter_contract
from chenu.flows.webhooks.deliver import deliver_due
from chenu.tiers.catalogue import Feature
from tests.accounts.entitled import override
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.shown import put_commission
from tests.agents.legal import COMPANY, put_statement
from tests.agents.newer import publish_newer
from tests.agents.runs import put_run
from tests.attacks.incidents import tell_of_outages
from tests.attacks.payloads import PAYLOADS
from tests.billing.recurring import answered, made_up_invoice
from tests.contracts import ask_offer, made_up_contract
from tests.flows.appeals import state_and_appeal
from tests.flows.coupons import coupon_input
from tests.flows.reports import open_cases, send_review_report
from tests.people import (
    MANIFEST,
    Person,
    agent_input,
    get_agent,
    make_creator,
    make_person,
    make_published_agent,
)
from tests.rows import put
from tests.storefront.token_lives import give
from tests.webhooks.listening import happen, listen


@dataclass(frozen=True)
class Store:
    """A free agent with a pending change, held by the buyer; and a rejected draft."""

    people: dict[str, Person]
    agent: AgentRow
    draft: AgentRow
    decisions: dict[str, Any]
    purchase: Any
    grant: Any
    handle: str
    review: object
    case: object
    receipt: str
    bill: Any
    affiliate: object
    webhook: object
    delivery: object

    def pages(self, text: str) -> dict[str, list[str]]:
        """Every page that shows texts of users, by the person who looks at it."""
        typed = quote(text)
        slug = self.agent.slug
        return {
            "anonymous": [
                "/",
                "/agents",
                f"/agents?q={typed}",
                f"/agents?sort={typed}&min={typed}&kind={typed}&rising={typed}",
                f"/agents/{slug}",
                f"/agents/{slug}/reviews",
                f"/agents/{slug}/versions",
                f"/agents/{slug}/api",
                f"/agents/{slug}/report",
                f"/reviews/{self.review}/report",
                f"/reports/{self.receipt}",
                f"/creators/{self.handle}",
                f"/sign-in?next={typed}",
                "/status",
                f"/password/reset?token={typed}",
                f"/email/verify?token={typed}",
                f"/email/cancel?token={typed}",
                f"/mail/unsubscribe?token={typed}",
            ],
            "buyer": [
                "/account",
                "/account/webhooks",
                f"/account/webhooks/{self.webhook}",
                "/library",
                f"/library/{self.grant}/update",
                f"/agents/{slug}/manifest",
                f"/purchases/{self.purchase}",
                "/account/invoices",
                "/account/billing",
                "/tokens",
                "/tokens/statement",
                "/roi",
                "/roi/how",
            ],
            "creator": [
                "/creator",
                "/affiliate",
                f"/affiliate?address={typed}&chart={typed}",
                "/creator/earnings",
                "/creator/legal",
                f"/creator/statements/{self.bill}",
                f"/creator/agents/{self.agent.id}",
                f"/creator/agents/{self.draft.id}",
                f"/creator/agents/{self.draft.id}/preview",
                f"/decisions/{self.decisions['decision']}",
            ],
            "reviewer": [
                "/staff",
                "/staff/featured",
                "/staff/appeals",
                "/staff/reports",
                f"/staff/reports/{self.case}",
                f"/staff/agents/{self.agent.id}",
            ],
            "support": [
                f"/staff/customers?q={typed}",
                f"/staff/customers/{self.people['buyer'].actor.account_id}",
                "/staff/inquiries",
                "/staff/incidents",
            ],
            "finance": [
                "/staff/revenue/costs",
                "/staff/revenue/rows/free_to_paid?part=SIGN_UPS",
                f"/staff/customers/{self.people['buyer'].actor.account_id}/contracts",
                "/staff/coupons",
                "/staff/payments/webhooks",
                f"/staff/payments/webhooks/{self.delivery}",
                "/staff/statements",
                f"/staff/statements/{self.bill}",
                "/staff/affiliates",
                f"/staff/affiliates/payouts?month={typed}",
                f"/staff/affiliates?q={typed}",
                f"/staff/affiliates/{self.affiliate}",
            ],
        }


async def _pay_for(purchase: PurchaseRow) -> None:
    """A payment of this month, for the pages that list payments."""
    await insert_payment(
        PaymentRow(
            id=PaymentId(new_id()),
            purchase_id=purchase.id,
            account_id=purchase.account_id,
            creator_id=purchase.creator_id,
            stripe_payment_intent_id="pi_1",
            stripe_charge_id="ch_1",
            stripe_invoice_id=None,
            gross=Cents(999),
            discount=Cents(0),
            tax=Cents(0),
            creator_share=Cents(700),
            platform_share=Cents(299),
            fee=Cents(0),
            creator_basis_points=BasisPoints(7000),
            split_rule="1",
            refunded=Cents(0),
            disputed=Cents(0),
            transferred=Cents(700),
            share_due=Cents(0),
            share_claimed=Cents(0),
            stripe_transfer_id="tr_1",
            receipt_url=None,
            invoice_url=None,
            paid_at=business_now(),
        )
    )


async def open_store(services: Services) -> Store:
    creator, profile = await make_creator(services)
    agent = await make_published_agent(services, creator, price=0)
    draft = await get_agent(await create_agent(creator.actor, agent_input(name="Brouillon")))
    buyer = await make_person("buyer")
    purchase = await buy_agent(services, buyer.actor, BuyAgentInput(agent.id, 0, True, "fr"), "k")
    await publish_newer(agent.id, "1.0.1")
    await update_agent(creator.actor, agent.id, ListingFields(name="Autre"), None)
    await create_version(creator.actor, agent.id, "1.1.0", "New.", MANIFEST)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    support = await override(buyer, Feature.THREADS, 700)
    await _bill(buyer)
    await give(buyer, 1_000)
    account_id = buyer.actor.require_account(ApiScope.READ)
    finance = await _open_finance(account_id)
    await ask_offer()
    await tell_of_outages()
    await put_run(account_id, agent.id)
    await feature_agent(reviewer.actor, FeatureInput(agent.slug, 1, None, None, "Good work."))
    people = {
        "finance": finance,
        "buyer": buyer,
        "creator": creator,
        "reviewer": reviewer,
        "support": support,
    }
    await put("access_grant", "first_used_at", system_now())
    review = await create_review(buyer.actor, agent.id, 5, "Good.")
    receipt = await send_review_report(review.id)
    [case] = await open_cases()
    await _pay_for(purchase)
    decisions = await state_and_appeal(draft, creator)
    grant = await db.fetch_value("SELECT id FROM access_grant")
    await save_legal_details(creator.actor, COMPANY)
    bill = await _make_statement(profile.id)
    return Store(
        people,
        agent,
        draft,
        decisions,
        purchase.id,
        grant,
        profile.handle,
        review.id,
        case,
        receipt,
        bill,
        await _recommend(creator, buyer),
        *await _hear(services, buyer),
    )


async def _hear(services: Services, buyer: Person) -> tuple[object, object]:
    """An endpoint whose server was told something, and the delivery."""
    endpoint = (await listen(services, buyer)).endpoint
    await happen(buyer, "store")
    await deliver_due(services)
    return endpoint.id, await db.fetch_value("SELECT id FROM webhook_delivery")


async def _open_finance(account_id: AccountId) -> Person:
    """Somebody who has made a coupon, a contract with this account, and noted a cost."""
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    await insert_coupon(coupon_input(), None)
    entered = await enter_contract(finance.actor, account_id, made_up_contract())
    await end_contract(finance.actor, entered, "Over.")
    await record_cost(finance.actor, CostInput(Month(2026, 1), "ads", 90), "Trade fair.")
    return finance


async def _recommend(creator: Person, buyer: Person) -> object:
    affiliate = await make_affiliate(creator)
    referral = await bind(buyer, affiliate, ReferralState.HELD)
    invoice = await db.fetch_value("SELECT stripe_invoice_id FROM invoice")
    found = await find_invoice_by_stripe_id(invoice)
    assert found is not None
    await put_commission(referral, found, amount=90)
    return affiliate.id


async def _make_statement(creator_id: CreatorId) -> object:
    """Whose names were hostile already when it was made."""
    text = "\n".join(PAYLOADS)
    return await put_statement(
        creator_id, supplier_name=text, supplier_address=text, supplier_tax_number=text
    )


async def _bill(buyer: Person) -> None:
    """An invoice and billing details."""
    account_id = buyer.actor.account_id
    assert account_id is not None
    await store_invoice(account_id, await answered(made_up_invoice("cus_buyer")))
    await save_billing_details(buyer.actor, BillingDetailsInput(name="Benali SARL"))
