"""One object of each type that belongs to somebody, and its owner."""

from dataclasses import dataclass
from typing import Any

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.invitations import invite
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.agents.model import ExecutionId
from chenu.agents.rows import AgentRow
from chenu.branding.model import BrandInput
from chenu.core import db
from chenu.flows.agent_reviews import create_review
from chenu.flows.branding.edit import set_brand
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.requests import AuthorizeInput
from chenu.flows.executions.token_limits import LimitInput, set_token_limit
from chenu.flows.packs.state import report_pack_order
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.purchases.state import report_purchase
from chenu.flows.replays import seen_of
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import enter_contract
from chenu.support.requests import ask_support
from chenu.tiers.catalogue import Feature
from chenu.tokens.grants import GrantKind
from chenu.webhooks.deliveries import get_any_delivery
from tests.affiliates.bound import make_affiliate
from tests.affiliates.paid import put_paid
from tests.affiliates.shown import bring_customers
from tests.agents.legal import put_statement
from tests.agents.newer import publish_newer
from tests.api.calls import gid
from tests.attacks.cast import Cast
from tests.attacks.incidents import end_contracts_of_january, tell_of_outages
from tests.attacks.pictured import show_two
from tests.attacks.replayed import put_replayable
from tests.attacks.subscribed import subscribe
from tests.attacks.waiting import ask_for_sale_refund
from tests.branding.branded import prove_host
from tests.contracts import ask_offer, made_up_contract
from tests.flows.appeals import state_and_appeal
from tests.flows.disputes import let_bank_ask, let_bank_warn
from tests.flows.packs import order_pack
from tests.flows.plans import put_plans
from tests.flows.reports import open_cases, send_report, send_review_report
from tests.flows.runs import give_tokens
from tests.media.stored import keep
from tests.people import (
    Person,
    agent_input,
    get_agent,
    make_member,
    make_person,
    make_published_agent,
    pay,
    sign_in_again,
)
from tests.sso.standing import put_saml, put_standing
from tests.tokens.granting import give
from tests.webhooks.listening import NOWHERE, happen, listen

TYPES = {
    "user": "User",
    "account": "Account",
    "purchase": "Purchase",
    "payment": "PurchasePayment",
    "grant": "AccessGrant",
    "api key": "ApiKey",
    "plan": "Subscription",
    "invoice": "Invoice",
    "token grant": "TokenGrant",
    "token entry": "TokenEntry",
    "coupon": "Coupon",
    "payout": "Payout",
    "limit": "TokenLimit",
    "domain": "MailDomain",
    "connection": "SignInProvider",
    "saml connection": "SignInProvider",
    "spare connection": "SignInProvider",
    "execution": "Execution",
    "other execution": "Execution",
    "sale": "Sale",
    "agent on sale": "Agent",
    "draft": "Agent",
    "published version": "AgentVersion",
    "newer version": "AgentVersion",
    "draft version": "AgentVersion",
    "creator": "Creator",
    "review": "Review",
    "affiliate": "Affiliate",
    "commission": "Commission",
}
"""The objects of a world and their node types."""

_NAMED = {
    "incident": "Incident",
    "maintenance": "Maintenance",
    **dict.fromkeys(("ended contract", "waiting contract", "refused contract"), "Contract"),
}
"""What mutations name by an id, and node does not give."""


@dataclass(frozen=True)
class World:
    """`rows` are row ids by object; `spare_session` is an unused one of the buyer's.

    Staff agreed more with `creator_account` than its plan has.
    """

    rows: dict[str, Any]
    agent: AgentRow
    handle: str
    spare_session: object
    creator_account: object

    def node_id(self, thing: str) -> str:
        return gid({**TYPES, **_NAMED}[thing], self.rows[thing])


async def _fill_seats(buyer: Person) -> tuple[object, object]:
    """A member of the buyer's account, and somebody who was invited to it."""
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", buyer.actor.account_id)
    member = await make_member(buyer, "colleague", AccountRole.MEMBER)
    await invite(buyer.actor, "invited@example.org", AccountRole.MEMBER)
    return member.user_id, await db.fetch_value("SELECT id FROM invitation")


async def _agree_more(creator: Person) -> None:
    """An override that staff set."""
    colleague = await make_person("agreeing", staff=(Staff.SUPPORT,))
    account_id = creator.actor.account_id
    assert account_id is not None
    data = OverrideInput(Feature.THREADS, True, 700, "Agreed by phone.")
    await set_override(colleague.actor, account_id, data)


async def _agree_on_contract(creator: Person) -> tuple[object, object]:
    """One that begins much later, and somebody who asked for another."""
    colleague = await make_person("contracting", staff=(Staff.FINANCE,))
    account_id = creator.actor.account_id
    assert account_id is not None
    return await enter_contract(colleague.actor, account_id, made_up_contract()), await ask_offer()


async def _begin_brand(buyer: Person) -> object:
    """Of an account that staff gave the right to; its host is not proved."""
    colleague = await make_person("branding", staff=(Staff.SUPPORT,))
    account_id = buyer.actor.account_id
    assert account_id is not None
    data = OverrideInput(Feature.WHITE_LABEL, True, None, "Agreed by phone.")
    await set_override(colleague.actor, account_id, data)
    entitled = await sign_in_again(buyer.user_id, buyer.email)
    await set_brand(entitled.actor, BrandInput(name="Acheteur"))
    await prove_host(account_id, "agents.buyer.fr", is_proved=False)
    sql = "SELECT id FROM domain_name WHERE account = $1 AND kind = 'HOST'"
    return await db.fetch_value(sql, account_id)


async def _claim_host(creator: Person) -> object:
    """A name that the support desk may confirm."""
    account_id = creator.actor.account_id
    assert account_id is not None
    await prove_host(account_id, "agents.atelier.fr", is_proved=False)
    return await db.fetch_value("SELECT id FROM domain_name WHERE account = $1", account_id)


async def _buy_pack(services: Services, buyer: Person) -> object:
    """A pack of tokens, paid."""
    await put_plans(services, "pack_1k")
    order = await order_pack(services, buyer.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)
    await report_pack_order(services, order.account_id, order.id)
    return order.id


async def _hear(services: Services, buyer: Person) -> dict[str, Any]:
    """Two webhook endpoints of the buyer's, and something that both hear of."""
    endpoint = (await listen(services, buyer)).endpoint
    other = (await listen(services, buyer, f"{NOWHERE}/other")).endpoint
    await happen(buyer, "world")
    sql = "SELECT id FROM webhook_delivery WHERE endpoint = $1"
    delivery, second = [await db.fetch_value(sql, each.id) for each in (endpoint, other)]
    return {
        "webhook": endpoint.id,
        "delivery": delivery,
        "other delivery": second,
        "delivery seen": seen_of(await get_any_delivery(second)),
    }


async def _give_tokens(buyer: Person) -> dict[str, Any]:
    account_id = buyer.actor.account_id
    assert account_id is not None
    grant = await give(account_id, 100, GrantKind.PACK)
    return {
        "token grant": grant.id,
        "token entry": await db.fetch_value(
            "SELECT id FROM token_entry WHERE token_grant = $1", grant.id
        ),
    }


async def _review(services: Services, cast: Cast) -> dict[str, Any]:
    """A free agent of the creator's that the buyer has, and that somebody else has reviewed."""
    agent = await make_published_agent(services, cast.creator, price=0, name="Relu")
    request, reader = BuyAgentInput(agent.id, 0, True, "fr"), await make_person("reviewing")
    for person in (cast.buyer, reader):
        await buy_agent(services, person.actor, request, "free")
    review = await create_review(reader.actor, agent.id, 4, "Does what it says.")
    receipt = await send_report(agent.id, body="It copies a work of mine.")
    await send_review_report(review.id)
    case, review_case = await open_cases()
    return {
        "review": review.id,
        "reviewed agent": agent.slug,
        "report case": case,
        "review case": review_case,
        "receipt": receipt,
    }


async def _recommend(cast: Cast) -> dict[str, Any]:
    """The affiliate, and a customer who came by their link and has paid an invoice."""
    person = cast.named("affiliate").person
    assert person is not None
    affiliate = await make_affiliate(person)
    await bring_customers(affiliate, ("recommended",))
    return {
        "affiliate": affiliate.id,
        "referral": await db.fetch_value("SELECT id FROM referral"),
        "commission": await db.fetch_value("SELECT id FROM commission"),
        "payout": await put_paid(affiliate.id),
    }


async def _make_statement(agent: AgentRow) -> object:
    assert agent.creator_id is not None
    return await put_statement(agent.creator_id)


async def _run_twice(services: Services, cast: Cast, agent: AgentRow) -> list[ExecutionId]:
    """Two runs of the buyer's that nobody has reported; the creator has tokens for some, too.

    The agent counts as unused all the same, so that opening its manifest is its first use.
    """
    for person in (cast.buyer, cast.creator):
        await give_tokens(person.actor.require_account(ApiScope.READ), 1000)
    request = AuthorizeInput(agent.id, 20)
    runs = [
        await authorize_execution(services, cast.buyer.actor, request, key) for key in ("a", "b")
    ]
    await db.execute("UPDATE access_grant SET first_used_at = NULL WHERE agent = $1", agent.id)
    return [run.id for run in runs]


async def build_world(services: Services, cast: Cast) -> World:
    """The creator's agent, bought by the buyer, and the creator's draft."""
    buyer, creator = cast.buyer, cast.creator
    agent = await make_published_agent(services, creator)
    draft = await get_agent(await create_agent(creator.actor, agent_input(name="Brouillon")))
    await db.execute("UPDATE agent SET rejection_reason = 'Not yet.' WHERE id = $1", draft.id)
    purchase = await buy_agent(
        services, buyer.actor, BuyAgentInput(agent.id, 900, True, "fr"), "key"
    )
    assert purchase.checkout_url is not None
    await pay(purchase.checkout_url)
    await report_purchase(services, purchase.account_id, purchase.id)
    pepper = services.settings.secret
    key = await create_api_key(buyer.actor, "spare", [ApiScope.READ], None, pepper)
    member, invitation = await _fill_seats(buyer)
    request = await ask_support(buyer.actor, "An invoice", "Where is it?")
    await _agree_more(creator)
    contract, inquiry = await _agree_on_contract(creator)
    running, other = await _run_twice(services, cast, agent)
    limit = await set_token_limit(buyer.actor, LimitInput(agent_id=agent.id, hard=5000))
    await let_bank_ask(services, purchase.id)
    spare = await sign_in_again(buyer.user_id, buyer.email)
    rows = {
        **await subscribe(services, buyer),
        **await _give_tokens(buyer),
        "user": buyer.user_id,
        "account": buyer.actor.account_id,
        "purchase": purchase.id,
        "payment": await db.fetch_value("SELECT id FROM purchase_payment"),
        "grant": await db.fetch_value("SELECT id FROM access_grant"),
        "api key": key.key.id,
        "member": member,
        "invitation": invitation,
        "support request": request,
        **await put_standing(buyer),
        "saml connection": await put_saml(buyer),
        "spare connection": await put_saml(buyer),
        "contract": contract,
        "inquiry": inquiry,
        "limit": limit,
        "host": await _begin_brand(buyer),
        "claimed host": await _claim_host(creator),
        "execution": running,
        "other execution": other,
        "sale": purchase.id,
        "warning": await let_bank_warn(services, purchase.id),
        "waiting refund": await ask_for_sale_refund(purchase),
        "agent on sale": agent.id,
        "picture": (await keep(services, agent.id)).hash,
        "draft": draft.id,
        "screenshot": await show_two(services, draft.id),
        "published version": agent.current_version,
        "draft version": draft.current_version,
        "creator": agent.creator_id,
        "newer version": await publish_newer(agent.id, "1.0.1"),
        "self-billed invoice": await _make_statement(agent),
        "pack order": await _buy_pack(services, buyer),
        **await _review(services, cast),
        **await _recommend(cast),
        **await state_and_appeal(draft, creator),
        **await _hear(services, buyer),
        **await tell_of_outages(),
        **await end_contracts_of_january(creator),
    }
    rows |= await put_replayable()
    handle = str(await db.fetch_value("SELECT handle FROM creator WHERE id = $1", agent.creator_id))
    return World(rows, agent, handle, spare.actor.session_id, creator.actor.account_id)
