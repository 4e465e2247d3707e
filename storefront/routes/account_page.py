"""Loads everything that the account page shows."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import fields, replace

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.api_keys import list_api_keys
from chenu.accounts.factor_state import has_second_factor
from chenu.accounts.roles import Right
from chenu.accounts.sessions import list_sessions
from chenu.accounts.users import get_user
from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import PurchaseRow, list_purchases
from chenu.agents.queries import count_custom_agents, list_agents_by_id
from chenu.core.clock import system_now
from chenu.core.paging import Key
from chenu.flows.sso.confirming import find_own_ways
from chenu.tiers.catalogue import Feature, get_tier
from chenu.tiers.entitlements import find_refusal
from chenu.tokens.entitlements import get_entitlements
from storefront.forms import Fields, FormView
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.visitor import account_of

PAGE_SIZE = 10


class AccountForms(msgspec.Struct, frozen=True):
    """The page's forms, of which at most one was refused."""

    profile: FormView = msgspec.field(default_factory=lambda: FormView("profile"))
    email: FormView = msgspec.field(default_factory=lambda: FormView("address"))
    password: FormView = msgspec.field(default_factory=lambda: FormView("password"))
    api_key: FormView = msgspec.field(default_factory=lambda: FormView("api-key"))

    def replaced(self, name: str, form: FormView) -> "AccountForms":
        """Replaces the form that has the same name."""
        [place] = [each.name for each in fields(self) if getattr(self, each.name).name == name]
        return replace(self, **{place: form})

    @property
    def refused(self) -> FormView | None:
        forms = (self.profile, self.email, self.password, self.api_key)
        return next((form for form in forms if form.errors), None)


async def render_account(
    pages: Pages, query: Fields, forms: AccountForms, *, status: int = 200
) -> Page:
    actor = pages.request_context.actor
    account_id, user_id = account_of(actor), actor.require_user()
    user, sessions, keys, entitlements, purchases = await asyncio.gather(
        get_user(user_id),
        list_sessions(user_id),
        list_api_keys([account_id]),
        get_entitlements(account_id),
        _read_purchases(pages, account_id, query),
    )
    tier = get_tier(actor.tier)
    return pages.show(
        "account/page.html",
        status,
        user=user,
        tier=tier,
        has_sla=actor.entitlements.has(Feature.SLA),
        keys_refusal=find_refusal(actor.entitlements, Feature.API_ACCESS),
        may_brand=actor.has_right(Right.MANAGE_MEMBERS)
        and actor.entitlements.has(Feature.WHITE_LABEL),
        may_manage_keys=actor.has_right(Right.MANAGE_KEYS),
        may_manage_sign_in=actor.has_right(Right.MANAGE_MEMBERS),
        sessions=sessions,
        keys=keys,
        now=system_now(),
        has_factor=await has_second_factor(user_id),
        ways=await find_own_ways(actor),
        entitlements=entitlements.entitlements,
        frozen_agents=await _count_frozen_agents(actor, account_id),
        forms=forms,
        **purchases,
    )


async def _count_frozen_agents(actor: Actor, account_id: AccountId) -> int:
    """Private agents that the plan no longer lets anybody change or run."""
    if actor.entitlements.has(Feature.CUSTOM_AGENTS):
        return 0
    return await count_custom_agents(account_id)


async def _read_purchases(pages: Pages, account_id: AccountId, query: Fields) -> dict[str, object]:
    """A page of purchases with their agents and payments."""
    cursors = pages.cursors.of_list("purchases", account_id)
    pager = Pager(cursors, "/account", PAGE_SIZE, anchor="#purchases")
    found = await list_purchases(account_id, pager.read(query))
    agents = await list_agents_by_id([purchase.agent_id for purchase in found.rows])
    return {
        "purchases": found.rows,
        "purchased": {agent.id: agent for agent in agents},
        "payments": await payments_by_purchase(found.rows),
        "purchase_links": pager.links(found, key_of_purchase),
    }


async def payments_by_purchase(
    purchases: Sequence[PurchaseRow],
) -> Mapping[PurchaseId, list[PaymentRow]]:
    """The payments of each purchase; a free one has none."""
    found: defaultdict[PurchaseId, list[PaymentRow]] = defaultdict(list)
    for payment in await list_payments([purchase.id for purchase in purchases]):
        found[payment.purchase_id].append(payment)
    return found


def key_of_purchase(purchase: PurchaseRow) -> Key:
    return (str(purchase.id), str(purchase.id))
