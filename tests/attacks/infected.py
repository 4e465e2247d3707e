"""A store in which every text is hostile, inserted without validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from chenu.accounts.actor import Staff
from chenu.accounts.billing_details import BillingDetailsInput, save_billing_details
from chenu.agents.featured import FeatureInput, feature_agent
from chenu.agents.listing import ListingFields
from chenu.agents.markdown import render_markdown
from chenu.agents.model import PaymentId
from chenu.agents.payments import PaymentRow, insert_payment
from chenu.agents.purchases import PurchaseRow
from chenu.agents.rows import AgentRow
from chenu.billing.coupons import insert_coupon
from chenu.billing.invoices import store_invoice
from chenu.billing.recurring import InvoiceLine
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.money import BasisPoints, Cents
from chenu.flows.agent_reviews import create_review
from chenu.flows.creators.edit_agent import create_agent, create_version, update_agent
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import end_contract, enter_contract
from chenu.tiers.catalogue import Feature
from tests.accounts.entitled import override
from tests.agents.runs import put_run
from tests.billing.recurring import BEGAN, ENDS, answered, made_up_invoice
from tests.contracts import ask_offer, made_up_contract
from tests.flows.coupons import coupon_input
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
from tests.storefront.token_lives import give, run


@dataclass(frozen=True)
class Store:
    """A free agent with a pending change, held by the buyer; and a rejected draft."""

    people: dict[str, Person]
    agent: AgentRow
    draft: AgentRow
    purchase: Any
    handle: str

    def pages(self, text: str) -> dict[str, list[str]]:
        """Every page that shows texts of users, by the person who looks at it."""
        typed = quote(text)
        slug = self.agent.slug
        return {
            "anonymous": [
                "/",
                "/agents",
                f"/agents?q={typed}",
                f"/agents?sort={typed}&min={typed}&kind={typed}",
                f"/agents/{slug}",
                f"/agents/{slug}/reviews",
                f"/agents/{slug}/versions",
                f"/creators/{self.handle}",
                f"/sign-in?next={typed}",
                f"/password/reset?token={typed}",
                f"/email/verify?token={typed}",
                f"/email/cancel?token={typed}",
                f"/mail/unsubscribe?token={typed}",
            ],
            "buyer": [
                "/account",
                "/library",
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
                "/creator/earnings",
                f"/creator/agents/{self.agent.id}",
                f"/creator/agents/{self.draft.id}",
                f"/creator/agents/{self.draft.id}/preview",
            ],
            "reviewer": ["/staff", "/staff/featured", f"/staff/agents/{self.agent.id}"],
            "support": [
                f"/staff/accounts?email={typed}",
                f"/staff/accounts/{self.people['buyer'].actor.account_id}",
                "/staff/inquiries",
            ],
            "finance": [
                f"/staff/accounts/{self.people['buyer'].actor.account_id}/contracts",
                "/staff/coupons",
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
    await update_agent(creator.actor, agent.id, ListingFields(name="Autre"), None)
    await create_version(creator.actor, agent.id, "1.1.0", "New.", MANIFEST)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    support = await override(buyer, Feature.THREADS, 700)
    await _bill(buyer)
    await give(buyer, 1_000)
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    await insert_coupon(coupon_input(), None)
    account_id = buyer.actor.account_id
    assert account_id is not None
    await end_contract(
        finance.actor, await enter_contract(finance.actor, account_id, made_up_contract()), "Over."
    )
    await ask_offer()
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
    await create_review(buyer.actor, agent.id, 5, "Good.")
    await _pay_for(purchase)
    return Store(people, agent, draft, purchase.id, profile.handle)


async def _bill(buyer: Person) -> None:
    """An invoice and billing details."""
    account_id = buyer.actor.account_id
    assert account_id is not None
    await store_invoice(account_id, await answered(made_up_invoice("cus_buyer")))
    await save_billing_details(buyer.actor, BillingDetailsInput(name="Benali SARL"))


async def infect(store: Store, payloads: Sequence[str]) -> str:
    """Writes the payloads into every text that users can write.

    Single-line where one line is stored.
    """
    line, lines = " ".join(payloads), "\n\n".join(payloads)
    manifest = {**MANIFEST, "name": line, "systemPrompt": lines, 'x"><b>': list(payloads)}
    for column in ("name", "tagline"):
        await put("agent", column, line)
    await put("agent", "description", lines)
    await put("agent", "description_html", render_markdown(lines))
    await put("agent", "capabilities", list(payloads))
    await put("agent", "permissions", list(payloads))
    await put("agent", "status", "REJECTED", "id = $2", store.draft.id)
    await put("agent", "rejection_reason", lines)
    await put("agent_version", "changelog", lines)
    await put("agent_version", "manifest", msgspec.json.encode(manifest).decode())
    await _infect_changes(line, lines)
    await put("creator", "display_name", line)
    await put("creator", "bio", lines)
    await put("app_user", "display_name", line)
    await put("app_user", "locale", "en")
    await put("user_session", "user_agent", line)
    await put("account", "name", line)
    for column in ("name", "line1", "line2", "postal_code", "city", "tax_id"):
        await put("billing_details", column, line)
    await put("invoice", "number", line)
    await put("invoice", "lines", _lines(line))
    await put("entitlement_override", "reason", lines)
    await put("enterprise_contract", "reference", line)
    await put("enterprise_contract", "end_reason", lines)
    for column in ("name", "company", "email"):
        await put("enterprise_inquiry", column, line)
    await put("enterprise_inquiry", "message", lines)
    await put("access_grant", "revoked_reason", line)
    await _infect_payments(store, line, lines)
    return line


async def _infect_changes(line: str, lines: str) -> None:
    """Pictures, and what waits for a reviewer."""
    media = {"screenshots": [{"hash": "0" * 64, "alt": line, "width": 1, "height": 1}]}
    await put("agent", "media", msgspec.json.encode(media).decode())
    words = {"name": line, "tagline": line, "description": lines, "capabilities": [line]}
    changed = {**words, "media": media}
    await put("agent_change", "fields", msgspec.json.encode(changed).decode())


async def _infect_payments(store: Store, line: str, lines: str) -> None:
    """Reviews, coupons, and what programs write into the statement of tokens."""
    for column in ("body", "reply"):
        await put("agent_review", column, lines)
    await put("coupon", "code", line.upper())
    await run(store.people["buyer"], 1, store.agent.id, reason=lines)


def _lines(text: str) -> str:
    """As Stripe describes them: with the name of what was bought."""
    return msgspec.json.encode([InvoiceLine(text, Cents(900), BEGAN, ENDS)]).decode()
