"""A1: every mutation and subscription that takes an id, with ids of others: nothing changes."""

import json
from typing import Any

import httpx
from graphql import GraphQLInputObjectType, get_named_type

from chenu.accounts.actor import ApiScope, Staff
from chenu.flows.services import Services
from chenu_graphql.schema import get_schema
from tests.api.dummies import mutations
from tests.attacks.cast import Caller, gather_cast
from tests.attacks.world import World, build_world
from tests.people import MANIFEST
from tests.rows import fingerprint

Call = tuple[str, dict[str, Any]]

REFUSALS = {"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"}
NOT_FOR_SALE = {"INVALID_STATE", "ALREADY_OWNED", "PLAN_REQUIRED"}
"""The refusals for people who see the draft, or whose plan does not allow buying."""

_UPDATE = "mutation($i: AgentUpdateInput!) { agentUpdate(input: $i) { userErrors { code } } }"
_VERSION = """mutation($i: AgentVersionCreateInput!) {
    agentVersionCreate(input: $i) { userErrors { code } }
}"""
_SUBMIT = "mutation($i: AgentSubmitInput!) { agentSubmit(input: $i) { userErrors { code } } }"
_DECIDE = """mutation($i: AgentReviewDecisionInput!) {
    agentReviewDecide(input: $i) { userErrors { code } }
}"""
_SUSPEND = "mutation($i: AgentSuspendInput!) { agentSuspend(input: $i) { userErrors { code } } }"
_REINSTATE = """mutation($i: AgentSuspendInput!) {
    agentReinstate(input: $i) { userErrors { code } }
}"""
_ARCHIVE = "mutation($i: AgentArchiveInput!) { agentArchive(input: $i) { userErrors { code } } }"
_LEAVE = "mutation($i: PurchaseCancelInput!) { purchaseCancel(input: $i) { userErrors { code } } }"
_RETURN = "mutation($i: PurchaseCancelInput!) { purchaseResume(input: $i) { userErrors { code } } }"
_REFUND = "mutation($i: PurchaseRefundInput!) { purchaseRefund(input: $i) { userErrors { code } } }"
_ANSWER = """mutation($i: DisputeEvidenceInput!) {
    disputeEvidenceSubmit(input: $i) { userErrors { code } }
}"""
_BUY = "mutation($i: AgentPurchaseInput!) { agentPurchase(input: $i) { userErrors { code } } }"
_RUN = """mutation($i: ExecutionAuthorizeInput!) {
    executionAuthorize(input: $i) { userErrors { code } }
}"""
_REPORT = """mutation($i: ExecutionCompleteInput!) {
    executionComplete(input: $i) { userErrors { code } }
}"""
_GIVE_UP = """mutation($i: ExecutionCancelInput!) {
    executionCancel(input: $i) { userErrors { code } }
}"""
_SPEND = "mutation($i: TokenSpendInput!) { tokenSpend(input: $i) { userErrors { code } } }"
_REVIEW = "mutation($i: ReviewCreateInput!) { reviewCreate(input: $i) { userErrors { code } } }"
_REPLY = "mutation($i: ReviewReplyInput!) { reviewReply(input: $i) { userErrors { code } } }"
_BRAND = "mutation($i: BrandInput!) { brandUpdate(input: $i) { userErrors { code } } }"
_LIMIT = "mutation($i: TokenLimitSetInput!) { tokenLimitSet(input: $i) { userErrors { code } } }"
_UNLIMIT = "mutation($i: ID!) { tokenLimitRemove(id: $i) { userErrors { code } } }"
_PROVE = "mutation($i: ID!) { mailDomainProve(id: $i) { userErrors { code } } }"
_MODE = """mutation($i: SignInProviderModeInput!) {
    signInProviderModeChoose(input: $i) { userErrors { code } }
}"""
_TOKEN = "mutation($i: ID!) { scimTokenCreate(id: $i) { userErrors { code } } }"
_CHANGE = """mutation($i: SignInProviderUpdateInput!) {
    signInProviderUpdate(input: $i) { userErrors { code } }
}"""
_CHANGE_SAML = """mutation($i: SamlProviderUpdateInput!) {
    samlProviderUpdate(input: $i) { userErrors { code } }
}"""
_REMOVE = "mutation($i: ID!) { signInProviderRemove(id: $i) { userErrors { code } } }"
_WRITE = "mutation($i: IncidentUpdateInput!) { incidentUpdate(input: $i) { userErrors { code } } }"
_END = "mutation($i: MaintenanceEndInput!) { maintenanceEnd(input: $i) { userErrors { code } } }"
_CREDIT = """mutation($i: SlaCreditConfirmInput!) {
    slaCreditConfirm(input: $i) { userErrors { code } }
}"""
_NO_CREDIT = """mutation($i: SlaCreditRefuseInput!) {
    slaCreditRefuse(input: $i) { userErrors { code } }
}"""
_OPEN_AGAIN = """mutation($i: SlaRefusalTakeBackInput!) {
    slaRefusalTakeBack(input: $i) { userErrors { code } }
}"""
_NO_TOKEN = "mutation($i: ID!) { scimTokenRevoke(id: $i) { userErrors { code } } }"
_PUT_AWAY = "mutation($i: ID!) { libraryPutAway(id: $i) { userErrors { code } } }"
_BRING_BACK = "mutation($i: ID!) { libraryBringBack(id: $i) { userErrors { code } } }"
_ROTATE = "mutation($i: ID!) { apiKeyRotate(id: $i) { userErrors { code } } }"
_REVOKE = "mutation($i: ID!) { apiKeyRevoke(id: $i) { userErrors { code } } }"


def _calls(world: World) -> dict[str, tuple[str, Call]]:
    """By mutation: who may call it, and a call that would change something."""
    draft = world.node_id("draft")
    version = {"number": "2.0.0", "changelog": "New.", "manifest": MANIFEST}
    request = {"expectedAmountMinor": 900, "idempotencyKey": "x", "acceptImmediateSupply": True}
    key = {"idempotencyKey": "y"}
    run, report = {"maxTokens": 10, **key}, {"tokensUsed": 10, "idempotencyKey": "z"}
    spend = {"amount": 1, "reason": "A use", "idempotencyKey": "s"}
    bought = world.node_id("purchase")
    back = {"purchaseId": bought, "reason": "Stolen.", "idempotencyKey": "r"}
    answer = {"purchaseId": bought, "text": "Forged.", "idempotencyKey": "d"}
    reply = {"reviewId": world.node_id("review")}
    written = {"textFr": "Faux.", "textEn": "Forged.", "reason": "Forged."}
    credit = {
        "contractId": world.node_id("ended contract"),
        "month": "2026-01-01",
        "reason": "Forged.",
    }
    waiting = {**credit, "contractId": world.node_id("waiting contract")}
    refused = {**credit, "contractId": world.node_id("refused contract")}
    running, ended = world.node_id("execution"), world.node_id("other execution")
    return {
        "agentUpdate": ("creator", (_UPDATE, {"i": {"agentId": draft, "name": "Volé"}})),
        "agentVersionCreate": ("creator", (_VERSION, {"i": {"agentId": draft, **version}})),
        "agentSubmit": ("creator", (_SUBMIT, {"i": {"agentId": draft}})),
        "agentReviewDecide": ("reviewer", (_DECIDE, {"i": {"agentId": draft, "approve": True}})),
        "agentSuspend": ("reviewer", (_SUSPEND, {"i": {"agentId": draft, "reason": "Forged."}})),
        "agentReinstate": (
            "reviewer",
            (_REINSTATE, {"i": {"agentId": draft, "reason": "Forged."}}),
        ),
        "agentArchive": ("creator", (_ARCHIVE, {"i": {"agentId": draft}})),
        "agentPurchase": ("", (_BUY, {"i": {"agentId": draft, **request}})),
        "purchaseCancel": ("buyer", (_LEAVE, {"i": {"purchaseId": bought, **key}})),
        "purchaseResume": ("buyer", (_RETURN, {"i": {"purchaseId": bought, **key}})),
        "libraryPutAway": ("buyer", (_PUT_AWAY, {"i": world.node_id("grant")})),
        "libraryBringBack": ("buyer", (_BRING_BACK, {"i": world.node_id("grant")})),
        "apiKeyRotate": ("buyer", (_ROTATE, {"i": world.node_id("api key")})),
        "apiKeyRevoke": ("buyer", (_REVOKE, {"i": world.node_id("api key")})),
        "executionAuthorize": ("creator", (_RUN, {"i": {"agentId": draft, **run}})),
        "executionComplete": ("buyer", (_REPORT, {"i": {"executionId": running, **report}})),
        "tokenSpend": ("creator", (_SPEND, {"i": {"agentId": draft, **spend}})),
        "tokenLimitSet": ("creator", (_LIMIT, {"i": {"agentId": draft, "hardLimit": 5}})),
        "brandUpdate": ("", (_BRAND, {"i": {"agentIds": [draft]}})),
        "tokenLimitRemove": ("buyer", (_UNLIMIT, {"i": world.node_id("limit")})),
        "mailDomainProve": ("buyer", (_PROVE, {"i": world.node_id("domain")})),
        "signInProviderModeChoose": (
            "buyer",
            (_MODE, {"i": {"id": world.node_id("connection"), "mode": "OFF"}}),
        ),
        "scimTokenCreate": ("buyer", (_TOKEN, {"i": world.node_id("connection")})),
        "scimTokenRevoke": ("buyer", (_NO_TOKEN, {"i": world.node_id("connection")})),
        "signInProviderUpdate": (
            "buyer",
            (_CHANGE, {"i": {"id": world.node_id("connection"), "name": "Forged"}}),
        ),
        "samlProviderUpdate": (
            "buyer",
            (_CHANGE_SAML, {"i": {"id": world.node_id("connection"), "name": "Forged"}}),
        ),
        "signInProviderRemove": ("buyer", (_REMOVE, {"i": world.node_id("connection")})),
        "incidentUpdate": (
            "support",
            (_WRITE, {"i": {"incidentId": world.node_id("incident"), **written}}),
        ),
        "maintenanceEnd": (
            "finance",
            (_END, {"i": {"maintenanceId": world.node_id("maintenance"), "reason": "Forged."}}),
        ),
        "slaCreditConfirm": ("finance", (_CREDIT, {"i": credit})),
        "slaCreditRefuse": ("finance", (_NO_CREDIT, {"i": waiting})),
        "slaRefusalTakeBack": ("finance", (_OPEN_AGAIN, {"i": refused})),
        "executionCancel": ("buyer", (_GIVE_UP, {"i": {"executionId": ended, **key}})),
        "disputeEvidenceSubmit": ("creator", (_ANSWER, {"i": answer})),
        "purchaseRefund": ("buyer", (_REFUND, {"i": back})),
        "reviewCreate": ("", (_REVIEW, {"i": {"agentId": draft, "rating": 1, "body": "Bad."}})),
        "reviewReply": ("creator", (_REPLY, {"i": {**reply, "body": "Forged."}})),
    }


_PARTIES = {"purchaseRefund": ("buyer", "creator"), "disputeEvidenceSubmit": ("creator",)}
"""Who may act on a sale, beside the support desk."""


_DESKS = {"reviewer": Staff.REVIEWER, "support": Staff.SUPPORT, "finance": Staff.FINANCE}


def _takes_an_id(name: str) -> bool:
    kinds = [(arg, get_named_type(it.type)) for arg, it in mutations()[name].args.items()]
    fields = [
        (field, get_named_type(it.type))
        for _, kind in kinds
        if isinstance(kind, GraphQLInputObjectType)
        for field, it in kind.fields.items()
    ]
    return any(kind.name == "ID" and name != "idempotencyKey" for name, kind in [*kinds, *fields])


async def _codes(caller: Caller, call: Call) -> set[str]:
    """Of errors and userErrors alike."""
    reply = await caller.api.send(*call)
    [payload] = (reply.body.get("data") or {"": None}).values()
    return {*reply.codes, *(error["code"] for error in (payload or {}).get("userErrors", []))}


def _may(caller: Caller, maker: str, name: str) -> bool:
    """What is a desk's is for staff, the rest for owners in person or by key."""
    if maker in _DESKS:
        return caller.has_staff(_DESKS[maker])
    if name == "tokenSpend":  # of their own tokens, for an agent that they may run
        return caller.owns == maker and caller.may(ApiScope.EXECUTIONS, ApiScope.TOKENS)
    if name == "tokenLimitSet":  # of their own account, for an agent that they see
        return caller.is_person and (caller.owns == maker or caller.has_staff(Staff.REVIEWER))
    if name == "tokenLimitRemove":
        return caller.owns == maker and caller.may(ApiScope.BILLING)
    if name.startswith("execution"):
        return caller.owns == maker and caller.may(ApiScope.EXECUTIONS)
    if name in ("purchaseCancel", "purchaseResume", "libraryPutAway", "libraryBringBack"):
        return caller.owns == maker and caller.may(ApiScope.MARKETPLACE)
    if name in _PARTIES:
        is_party = caller.owns in _PARTIES[name] and caller.may(ApiScope.MARKETPLACE)
        return is_party or caller.has_staff(Staff.SUPPORT)
    is_own = bool(maker) and caller.owns == maker
    return is_own and (caller.is_person or (maker == "creator" and caller.may(ApiScope.AGENTS)))


_FOR_BUYERS = {"agentPurchase", "brandUpdate", "reviewCreate", "executionAuthorize", "tokenSpend"}


async def test_no_mutation_reaches_what_belongs_to_others(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    calls = _calls(world)
    cells = [(caller, name) for name in calls for caller in cast.callers]
    before = await fingerprint()

    surprises = {}
    for caller, name in cells:
        maker, call = calls[name]
        if _may(caller, maker, name):
            continue
        codes = await _codes(caller, call)
        if not codes or not codes <= REFUSALS | (NOT_FOR_SALE if name in _FOR_BUYERS else set()):
            surprises[f"{caller.name}: {name}"] = codes

    assert set(calls) == {name for name in mutations() if _takes_an_id(name)}
    assert len(cells) >= 150
    assert surprises == {}
    assert await fingerprint() == before


async def test_the_same_calls_work_for_whom_they_are_for(
    client: httpx.AsyncClient, services: Services
) -> None:
    """A control, without which the refusals above would prove nothing."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    found = {}

    for name, (maker, call) in _calls(world).items():
        if maker:
            found[name] = await _codes(cast.named(maker), call)

    but: dict[str, set[str]] = {
        "purchaseCancel": {"INVALID_STATE"},
        "purchaseResume": {"INVALID_STATE"},
        "scimTokenCreate": {"PLAN_REQUIRED"},
        "signInProviderUpdate": {"PLAN_REQUIRED"},
        "samlProviderUpdate": {"PLAN_REQUIRED"},
    }  # the buyer's own purchase, with nothing to be renewed, and a plan without single sign-on
    assert found == {
        name: but.get(name, set()) for name, (maker, _) in _calls(world).items() if maker
    }


WATCH = "subscription($id: ID!) { purchaseSettled(purchaseId: $id) { id status } }"


async def _watch(http: httpx.AsyncClient, caller: Caller, purchase: str) -> set[str]:
    """PAID, or the error codes; the purchase is settled, so that the event comes at once."""
    headers = {**caller.api.headers, "accept": "text/event-stream"}
    body = {"query": WATCH, "variables": {"id": purchase}}
    answer = await http.post("/graphql", json=body, headers=headers)
    lines = [line.removeprefix("data:") for line in answer.text.splitlines() if "data:" in line]
    events = [json.loads(line) for line in lines if line.strip().startswith("{")]
    codes = {error["extensions"]["code"] for event in events for error in event.get("errors", ())}
    settled = [event["data"]["purchaseSettled"] for event in events if event.get("data")]
    return codes or {purchase["status"] for purchase in settled if purchase}


async def test_a_settled_purchase_is_reported_to_its_buyer_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    purchase = world.node_id("purchase")

    found = {caller.name: await _watch(client, caller, purchase) for caller in cast.callers}

    reported = {name for name, outcome in found.items() if outcome == {"PAID"}}
    assert reported == {"buyer", "buyer's key READ", "service key"}
    assert all(codes and codes <= REFUSALS for name, codes in found.items() if name not in reported)
    live = get_schema().subscription_type
    assert live is not None
    assert set(live.fields) == {"purchaseSettled", "tokenBalanceChanged"}
