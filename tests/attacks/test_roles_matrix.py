"""Every write of both faces for every role of an account, with a seat and without.

What each write needs is said once more here: a new one fails until it is in the list.
"""

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.roles import Right
from chenu.accounts.sessions import choose_account
from chenu.accounts.users import add_member
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from storefront.access import RIGHT_KEY, Access
from storefront.routes import HANDLERS
from tests.accounts.test_roles import ALLOWED, WITHOUT_SEAT
from tests.api.calls import as_session
from tests.api.dummies import call_of, mutations
from tests.attacks.cast import gather_cast
from tests.attacks.pages import WRITES, Route, ask, csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.people import Person, make_person, sign_in_again

OF_THE_PERSON = None
"""Whoever is signed in does it for themselves, whatever account they act for."""

FORMS: dict[str, Right | None] = {
    "/account/api-keys": Right.MANAGE_KEYS,
    "/account/api-keys/{key_id:uuid}/revoke": Right.MANAGE_KEYS,
    "/account/api-keys/{key_id:uuid}/rotate": Right.MANAGE_KEYS,
    "/account/invitations/{invitation_id:uuid}/resend": Right.MANAGE_MEMBERS,
    "/account/invitations/{invitation_id:uuid}/revoke": Right.MANAGE_MEMBERS,
    "/account/mail": OF_THE_PERSON,
    "/account/members/hand-over": Right.MANAGE_MEMBERS,
    "/account/members/invite": Right.MANAGE_MEMBERS,
    "/account/members/name": Right.MANAGE_MEMBERS,
    "/account/members/leave": OF_THE_PERSON,
    "/account/members/{member_id:uuid}/remove": Right.MANAGE_MEMBERS,
    "/account/members/{member_id:uuid}/role": Right.MANAGE_MEMBERS,
    "/account/password": OF_THE_PERSON,
    "/account/billing": Right.MANAGE_PLAN,
    "/account/api-plan/cancel": Right.MANAGE_PLAN,
    "/account/api-plan/change": Right.MANAGE_PLAN,
    "/account/api-plan/card": Right.MANAGE_PLAN,
    "/account/api-plan/resume": Right.MANAGE_PLAN,
    "/account/api-plan/start": Right.MANAGE_PLAN,
    "/account/plan/cancel": Right.MANAGE_PLAN,
    "/account/plan/change": Right.MANAGE_PLAN,
    "/account/plan/portal": Right.MANAGE_PLAN,
    "/account/plan/card": Right.MANAGE_PLAN,
    "/account/plan/resume": Right.MANAGE_PLAN,
    "/account/plan/start": Right.MANAGE_PLAN,
    "/account/privacy/delete": OF_THE_PERSON,
    "/account/privacy/download": OF_THE_PERSON,
    "/account/privacy/export": OF_THE_PERSON,
    "/account/profile": OF_THE_PERSON,
    "/account/security/begin": OF_THE_PERSON,
    "/account/security/codes": OF_THE_PERSON,
    "/account/security/confirm": OF_THE_PERSON,
    "/account/security/off": OF_THE_PERSON,
    "/account/sessions/revoke-others": OF_THE_PERSON,
    "/account/sessions/{session_id:uuid}/revoke": OF_THE_PERSON,
    "/account/switch": OF_THE_PERSON,
    "/account/brand": Right.MANAGE_MEMBERS,
    "/account/brand/hosts": Right.MANAGE_MEMBERS,
    "/account/brand/hosts/{host_id:uuid}/prove": Right.MANAGE_MEMBERS,
    "/account/brand/hosts/{host_id:uuid}/remove": Right.MANAGE_MEMBERS,
    "/account/brand/icon": Right.MANAGE_MEMBERS,
    "/account/brand/icon/remove": Right.MANAGE_MEMBERS,
    "/account/brand/logo": Right.MANAGE_MEMBERS,
    "/account/brand/logo/remove": Right.MANAGE_MEMBERS,
    "/account/brand/remove": Right.MANAGE_MEMBERS,
    "/account/token-limits": Right.MANAGE_PLAN,
    "/account/token-limits/{limit_id:uuid}/remove": Right.MANAGE_PLAN,
    "/account/verify": OF_THE_PERSON,
    "/account/sign-in/connections": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/on": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/off": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/require": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/optional": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/remove": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/token": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/token/revoke": Right.MANAGE_MEMBERS,
    "/account/sign-in/connections/{connection_id:uuid}/saml": Right.MANAGE_MEMBERS,
    "/account/sign-in/saml": Right.MANAGE_MEMBERS,
    "/account/sign-in/domains": Right.MANAGE_MEMBERS,
    "/account/sign-in/domains/{domain_id:uuid}/prove": Right.MANAGE_MEMBERS,
    "/account/sign-in/domains/{domain_id:uuid}/remove": Right.MANAGE_MEMBERS,
    "/account/webhooks": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/delete": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}/again": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/events": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/off": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/on": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/rotate": Right.MANAGE_KEYS,
    "/account/webhooks/{endpoint_id:uuid}/test": Right.MANAGE_KEYS,
    "/account/withdraw/{subject_id:uuid}": Right.MANAGE_PLAN,
    "/affiliate/country": OF_THE_PERSON,
    "/affiliates/join": OF_THE_PERSON,
    "/agents/{slug:str}/buy": Right.BUY_AGENTS,
    "/agents/{slug:str}/manifest": Right.USE_AGENTS,
    "/agents/{slug:str}/reviews": Right.BUY_AGENTS,
    "/agents/{slug:str}/try": Right.USE_AGENTS,
    "/creator/agents/new": Right.MAKE_AGENTS,
    "/creator/agents/begin": Right.MAKE_AGENTS,
    "/library/{grant_id:uuid}/away": Right.BUY_AGENTS,
    "/library/{grant_id:uuid}/back": Right.BUY_AGENTS,
    "/library/{grant_id:uuid}/update": Right.BUY_AGENTS,
    "/creator/agents/preview": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/archive": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/icon": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/pictures/{picture:str}/alt": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/pictures/{picture:str}/move": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/pictures/{picture:str}/remove": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/price": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/screenshots": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/submit": Right.MAKE_AGENTS,
    "/creator/agents/{agent_id:uuid}/version": Right.MAKE_AGENTS,
    "/creator/disputes/{sale_id:uuid}": Right.MAKE_AGENTS,
    "/creator/reviews/{review_id:uuid}": Right.MAKE_AGENTS,
    "/creator/join": Right.MAKE_AGENTS,
    "/creator/legal": Right.MAKE_AGENTS,
    "/creator/profile": Right.MAKE_AGENTS,
    "/creator/sales/{sale_id:uuid}/refund": Right.BUY_AGENTS,
    "/decisions/{decision_id:uuid}/appeal": OF_THE_PERSON,
    "/impersonation/leave": OF_THE_PERSON,
    "/invitation": OF_THE_PERSON,
    "/purchases/{purchase_id:uuid}/cancel": Right.BUY_AGENTS,
    "/purchases/{purchase_id:uuid}/refund": Right.BUY_AGENTS,
    "/purchases/{purchase_id:uuid}/resume": Right.BUY_AGENTS,
    "/roi/settings": Right.MANAGE_PLAN,
    "/sign-in/again": OF_THE_PERSON,
    "/support": Right.ASK_SUPPORT,
    "/tokens/orders/{pack_order_id:uuid}/refund": Right.BUY_PACKS,
    "/tokens/packs/{code:str}/buy": Right.BUY_PACKS,
}
MUTATIONS: dict[str, Right | None] = {
    "affiliateJoin": OF_THE_PERSON,
    "agentArchive": Right.MAKE_AGENTS,
    "agentCreate": Right.MAKE_AGENTS,
    "agentPurchase": Right.BUY_AGENTS,
    "agentSubmit": Right.MAKE_AGENTS,
    "agentUpdate": Right.MAKE_AGENTS,
    "agentVersionCreate": Right.MAKE_AGENTS,
    "apiKeyCreate": Right.MANAGE_KEYS,
    "apiKeyRevoke": Right.MANAGE_KEYS,
    "apiKeyRotate": Right.MANAGE_KEYS,
    "creatorOnboard": Right.MAKE_AGENTS,
    "creatorUpdate": Right.MAKE_AGENTS,
    "emailVerify": OF_THE_PERSON,
    "executionAuthorize": Right.USE_AGENTS,
    "executionCancel": Right.USE_AGENTS,
    "executionComplete": Right.USE_AGENTS,
    "tokenSpend": Right.SPEND_TOKENS,
    "roiSettingsUpdate": Right.MANAGE_PLAN,
    "passwordChange": OF_THE_PERSON,
    "purchaseCancel": Right.BUY_AGENTS,
    "purchaseResume": Right.BUY_AGENTS,
    "disputeEvidenceSubmit": Right.BUY_AGENTS,
    "libraryBringBack": Right.BUY_AGENTS,
    "libraryPutAway": Right.BUY_AGENTS,
    "purchaseRefund": Right.BUY_AGENTS,
    "reviewCreate": Right.BUY_AGENTS,
    "reviewReply": Right.MAKE_AGENTS,
    "passwordReset": OF_THE_PERSON,
    "passwordResetRequest": OF_THE_PERSON,
    "apiPlanCancel": Right.MANAGE_PLAN,
    "apiPlanChange": Right.MANAGE_PLAN,
    "apiPlanResume": Right.MANAGE_PLAN,
    "apiPlanStart": Right.MANAGE_PLAN,
    "billingPortalOpen": Right.MANAGE_PLAN,
    "subscriptionCancel": Right.MANAGE_PLAN,
    "subscriptionChange": Right.MANAGE_PLAN,
    "subscriptionResume": Right.MANAGE_PLAN,
    "subscriptionStart": Right.MANAGE_PLAN,
    "mailDomainAdd": Right.MANAGE_MEMBERS,
    "mailDomainProve": Right.MANAGE_MEMBERS,
    "scimTokenCreate": Right.MANAGE_MEMBERS,
    "scimTokenRevoke": Right.MANAGE_MEMBERS,
    "samlProviderCreate": Right.MANAGE_MEMBERS,
    "samlProviderUpdate": Right.MANAGE_MEMBERS,
    "signInProviderCreate": Right.MANAGE_MEMBERS,
    "signInProviderModeChoose": Right.MANAGE_MEMBERS,
    "signInProviderRemove": Right.MANAGE_MEMBERS,
    "signInProviderUpdate": Right.MANAGE_MEMBERS,
    "tokenLimitRemove": Right.MANAGE_PLAN,
    "tokenLimitSet": Right.MANAGE_PLAN,
    "tokenPackBuy": Right.BUY_PACKS,
    "brandRemove": Right.MANAGE_MEMBERS,
    "brandUpdate": Right.MANAGE_MEMBERS,
    "userUpdate": OF_THE_PERSON,
}
FOR_OTHERS = {
    "acquisitionCostRecord",
    "affiliatePayoutRun",
    "agentReinstate",
    "agentReviewDecide",
    "agentSuspend",
    "couponCreate",
    "couponDeactivate",
    "entitlementConsume",
    "entitlementRelease",
    "incidentOpen",
    "incidentUpdate",
    "maintenanceAnnounce",
    "maintenanceEnd",
    "signIn",
    "signUp",
    "signOut",
    "slaCreditConfirm",
    "slaCreditRefuse",
    "slaRefusalTakeBack",
}
"""Staff's, the apps', and those that begin and end sessions: no member has a part in them."""

CASES = [
    pytest.param(role, seated, id=f"{role}-{'seat' if seated else 'no seat'}")
    for role in AccountRole
    for seated in (True, False)
    if seated or role is not AccountRole.OWNER  # who always has one
]


def _may(right: Right | None, role: AccountRole, *, seated: bool) -> bool:
    if right is None:
        return True
    return role in ALLOWED[right] and (seated or right in WITHOUT_SEAT)


async def _make_acting(role: AccountRole, *, seated: bool) -> Person:
    """Somebody whose session acts for a company in that role."""
    owner = await make_person("company", TierCode.BUSINESS)
    company = owner.actor.account_id
    assert company is not None
    if role is AccountRole.OWNER:
        return owner
    person = await make_person("person", TierCode.BUSINESS)
    await add_member(company, person.user_id, role)
    if not seated:
        await db.execute("UPDATE account SET seats = 1 WHERE id = $1", company)
    await choose_account(person.actor, company)
    return person


def test_every_form_of_people_says_what_it_needs() -> None:
    declared = {
        path: handler.opt.get(RIGHT_KEY)
        for handler in HANDLERS
        for path in handler.paths
        if "POST" in handler.http_methods and handler.opt["access"] is Access.SIGNED_IN
    }

    assert declared == FORMS


def test_every_mutation_is_in_the_list() -> None:
    assert set(mutations()) == set(MUTATIONS) | FOR_OTHERS


@pytest.mark.parametrize(("role", "seated"), CASES)
async def test_mutations_answer_the_roles_that_may(
    client: httpx.AsyncClient, services: Services, role: AccountRole, seated: bool
) -> None:
    person = await _make_acting(role, seated=seated)
    api = as_session(client, services, person)

    refused = {name for name in MUTATIONS if "FORBIDDEN" in (await api.send(call_of(name))).codes}

    assert refused == {
        name for name, right in MUTATIONS.items() if not _may(right, role, seated=seated)
    }


@pytest.mark.parametrize(("role", "seated"), CASES)
async def test_forms_answer_the_roles_that_may(
    client: httpx.AsyncClient, services: Services, role: AccountRole, seated: bool
) -> None:
    world = await build_world(services, await gather_cast(services, client))
    person = await _make_acting(role, seated=seated)
    chosen = await db.fetch_value(
        "SELECT account FROM user_session WHERE id = $1", person.actor.session_id
    )

    refused = set()
    # whoever leaves acts for another account: that comes last
    for route in sorted(WRITES, key=lambda route: route.path.endswith("/leave")):
        if route.path in FORMS:
            found = await _send(client, services, route, world, person, chosen)
            refused |= {route.path} if found == 403 else set()

    assert refused == {
        path for path, right in FORMS.items() if not _may(right, role, seated=seated)
    }


async def _send(
    http: httpx.AsyncClient,
    services: Services,
    route: Route,
    world: World,
    person: Person,
    chosen: object,
) -> int:
    """An empty form, in a session of its own that acts for the same account."""
    fresh = await sign_in_again(person.user_id, person.email)
    if chosen is not None:
        await db.execute(
            "UPDATE user_session SET account = $2 WHERE id = $1", fresh.actor.session_id, chosen
        )
    form = {"csrf_token": csrf_of(services, fresh)}
    headers = session_headers(services, fresh)
    return (await ask(http, route, world, headers, form)).status_code
