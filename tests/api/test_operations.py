"""Every document of graphql/operations is parsed, validated and run, in one sequence."""

from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest
from graphql import DocumentNode, OperationDefinitionNode, parse, validate

from chenu.accounts.actor import ApiScope, Staff
from chenu.accounts.request_context import RequestContext
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from chenu_graphql.answers import GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.routes import get_engine
from chenu_graphql.schema import get_schema
from tests.accounts.mailed import last_mailed_token
from tests.api.calls import OPERATIONS, Api, as_service, as_session, document_of, gid
from tests.api.makers import DRAFT
from tests.attacks.incidents import end_contract_of_january
from tests.domains.resolvers import Records
from tests.flows.disputes import let_bank_ask
from tests.flows.monthly import begin
from tests.flows.plans import catch_up, open_plans, put_plans, put_portal
from tests.flows.runs import give_tokens
from tests.flows.sales import Market, buy
from tests.people import (
    MANIFEST,
    Person,
    make_creator,
    make_person,
    make_published_agent,
    pay,
)
from tests.programs import find_program
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import make_key
from tests.sso.provider_side import CLIENT, ISSUER, ProviderSide

FILES = sorted(OPERATIONS.glob("*.graphql"))


def operations(document: DocumentNode) -> list[str]:
    return [
        node.name.value
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name
    ]


NAMES = sorted(name for path in FILES for name in operations(parse(path.read_text())))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_document_is_valid(path: Any) -> None:
    document = parse(path.read_text())

    assert validate(get_schema(), document) == []
    assert operations(document)


def test_every_operation_is_found_by_its_name() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert all(f" {name}" in document_of(name) for name in NAMES)


class Story:
    """Runs operations by name, remembers which, and stops at the first that goes wrong."""

    def __init__(self) -> None:
        self.reported: set[str] = set()

    async def tell(self, api: Api, name: str, **variables: Any) -> Any:
        """The payload of a mutation, or the data of a query."""
        self.reported.add(name)
        data = (await api.run(name, **variables)).data
        [first] = data.values() if len(data) == 1 else [data]
        if isinstance(first, dict) and "userErrors" in first:
            assert first["userErrors"] == [], (name, first)
        return first


async def test_every_operation_runs(client: httpx.AsyncClient, services: Services) -> None:
    story = Story()
    seller, _ = await make_creator(services)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    buyer = await make_person("buyer", tier=TierCode.PRO)

    await _sessions(story, client)
    await _recovery(story, client)
    await _catalogue(story, Api(client))
    agent = await _publish(
        story, as_session(client, services, seller), as_session(client, services, reviewer)
    )
    await _buy(story, client, services, buyer, agent)
    await _review(
        story, as_session(client, services, buyer), as_session(client, services, seller), agent
    )
    finance = await make_person("books", staff=(Staff.FINANCE,))
    await story.tell(as_session(client, services, finance), "LedgerHealth")
    await _account(story, as_session(client, services, finance))
    customer = await make_person("contracted", tier=TierCode.ENTERPRISE)
    await story.tell(as_session(client, services, customer), "SlaReport")
    await _desk(story, client, services, customer)
    await _keys(story, as_session(client, services, buyer))
    await _subscribe(story, client, services)
    await _entitlements(story, client, services, buyer)
    await _run(story, client, services, buyer, agent)
    await _roi(story, as_session(client, services, buyer))
    company = await make_person("company", tier=TierCode.ENTERPRISE)
    await _brand(story, as_session(client, services, company), agent)
    await _recommend(story, as_session(client, services, buyer))
    elsa = await make_person("elsa", tier=TierCode.ENTERPRISE)
    await _sign_in_elsewhere(story, services, as_session(client, services, elsa))
    await _subscribe_to_agent(story, client, services, seller)
    await _give_back(story, client, services, seller)
    await _answer_bank(story, client, services, seller)

    assert sorted(story.reported) == NAMES


async def _desk(
    story: Story, client: httpx.AsyncClient, services: Services, customer: Person
) -> None:
    support = await make_person("desk", staff=(Staff.SUPPORT,))
    finance = as_session(client, services, await make_person("sla", staff=(Staff.FINANCE,)))
    titles, reason = {"titleFr": "Panne", "titleEn": "Outage"}, {"reason": "It is seen."}
    texts, now = {"textFr": "On cherche.", "textEn": "We look."}, system_now()
    began = {**titles, **texts, **reason, "beganAt": now.isoformat()}
    desk = as_session(client, services, support)
    incident = (await story.tell(desk, "OpenIncident", input=began))["incident"]
    more = {"incidentId": incident["id"], **texts, **reason, "resolves": True}
    resolved = (await story.tell(desk, "UpdateIncident", input=more))["incident"]
    assert (resolved["resolvedAt"] is not None, len(resolved["updates"])) == (True, 2)
    times = {f"{edge}sAt": (now + timedelta(days=day)).isoformat() for edge, day in _AHEAD}
    ahead = {**titles, **reason, **times}
    announced = (await story.tell(finance, "AnnounceMaintenance", input=ahead))["maintenance"]
    end = {"maintenanceId": announced["id"], **reason}
    ended = (await story.tell(finance, "EndMaintenance", input=end))["maintenance"]
    assert (announced["canceledAt"], ended["canceledAt"] is not None) == (None, True)
    await _credit(story, finance, customer)


_AHEAD = (("start", 1), ("end", 2))


async def _credit(story: Story, finance: Api, customer: Person) -> None:
    colleague = await make_person("crediting", staff=(Staff.FINANCE,))
    contract = gid("Contract", await end_contract_of_january(customer, colleague))
    wanted = {"contractId": contract, "month": "2026-01-01", "reason": "As agreed."}
    refused = (await story.tell(finance, "RefuseSlaCredit", input=wanted))["slaMonth"]
    waiting = (await story.tell(finance, "TakeSlaRefusalBack", input=wanted))["slaMonth"]
    assert (refused["refusalReason"], waiting["refusedAt"]) == ("As agreed.", None)
    month = (await story.tell(finance, "ConfirmSlaCredit", input=wanted))["slaMonth"]
    assert (month["creditPercent"], month["contractId"]) == (50, contract)
    assert month["confirmedAt"] is not None
    account = gid("Account", customer.actor.account_id)
    listed = (await story.tell(finance, "StaffSlaReport", account=account))["slaReport"]
    assert month in listed


async def _account(story: Story, finance: Api) -> None:
    today = business_now().date().isoformat()
    await story.tell(finance, "Revenue", on=today)
    await story.tell(finance, "MrrMovements", **{"from": today, "to": today})
    await story.tell(finance, "RevenueTargets")
    await story.tell(finance, "ServiceStatus")
    cost = {"month": today, "channel": "search", "amountMinor": 5000}
    await story.tell(finance, "RecordAcquisitionCost", input=cost)


async def _review(story: Story, buyer: Api, seller: Api, agent: dict[str, Any]) -> None:
    sent = {"agentId": agent["id"], "rating": 4, "body": "Saves an hour."}
    review = (await story.tell(buyer, "ReviewAgent", input=sent))["review"]
    reply = {"reviewId": review["id"], "body": "Thank you."}
    await story.tell(seller, "ReplyToReview", input=reply)
    found = await story.tell(buyer, "AgentReviews", slug=agent["slug"])
    assert (found["rating"], found["ratingHistogram"]) == (4.0, [0, 0, 0, 1, 0])
    [edge] = found["reviews"]["edges"]
    assert (edge["node"]["body"], edge["node"]["reply"]) == ("Saves an hour.", "Thank you.")


async def _sessions(story: Story, client: httpx.AsyncClient) -> None:
    request = {"email": "ana@example.org", "password": "une longue phrase", "displayName": "Ana"}
    session = await story.tell(Api(client), "SignUp", input=request)
    api = Api(client, {"x-csrf-token": session["csrfToken"]})
    await story.tell(api, "UpdateProfile", input={"displayName": "Ana B."})
    assert (await story.tell(api, "WhoAmI"))["displayName"] == "Ana B."
    await story.tell(api, "VerifyEmail", token=await last_mailed_token("EMAIL_VERIFY"))
    change = {"currentPassword": request["password"], "newPassword": "une autre phrase"}
    await story.tell(api, "ChangePassword", input=change)
    await story.tell(api, "SignOut")
    client.cookies.clear()


async def _entitlements(
    story: Story, client: httpx.AsyncClient, services: Services, buyer: Person
) -> None:
    viewer = await story.tell(as_session(client, services, buyer), "Entitlements")
    assert len(viewer["account"]["entitlements"]) == len(Feature)
    app = await as_service(client, services, buyer)
    use = {"feature": "THREADS", "quantity": 2}
    consumed = await story.tell(app, "ConsumeEntitlement", input={**use, "idempotencyKey": "1"})
    assert consumed["entitlement"]["used"] == 2
    released = await story.tell(app, "ReleaseEntitlement", input={**use, "idempotencyKey": "2"})
    assert released["entitlement"]["used"] == 0


async def _run(
    story: Story,
    client: httpx.AsyncClient,
    services: Services,
    buyer: Person,
    agent: dict[str, Any],
) -> None:
    """Of the agent that was bought: once to its end, once given up."""
    await give_tokens(buyer.actor.require_account(ApiScope.READ), 100)
    app = await as_service(client, services, buyer)
    request = {"agentId": agent["id"], "maxTokens": 50}
    first, second = [
        await story.tell(app, "AuthorizeExecution", input={**request, "idempotencyKey": key})
        for key in ("run 1", "run 2")
    ]
    report = {"executionId": first["execution"]["id"], "tokensUsed": 30, "idempotencyKey": "3"}
    done = await story.tell(app, "CompleteExecution", input=report)
    assert (done["execution"]["status"], done["execution"]["tokensUsed"]) == ("COMPLETED", 30)
    assert done["wallet"] == {"available": 20, "held": 50}
    given_up = {"executionId": second["execution"]["id"], "idempotencyKey": "4"}
    await story.tell(app, "CancelExecution", input=given_up)
    use = {"amount": 5, "reason": "A use", "agentId": agent["id"], "idempotencyKey": "5"}
    assert (await story.tell(app, "SpendTokens", input=use))["entry"]["amount"] == -5
    await _watch_tokens(story, services, buyer)
    await _limit_tokens(story, as_session(client, services, buyer), agent)
    viewer = await story.tell(as_session(client, services, buyer), "Executions", first=10)
    assert viewer["account"]["executions"]["totalCount"] == 2


async def _limit_tokens(story: Story, api: Api, agent: dict[str, Any]) -> None:
    terms = {"agentId": agent["id"], "softLimit": 500, "hardLimit": 1000}
    limit = (await story.tell(api, "SetTokenLimit", input=terms))["tokenLimit"]
    assert (limit["agent"]["id"], limit["used"], limit["hardLimit"]) == (agent["id"], 35, 1000)
    listed = (await story.tell(api, "TokenLimits"))["account"]["tokenLimits"]
    assert [edge["node"] for edge in listed["edges"]] == [limit]
    removed = await story.tell(api, "RemoveTokenLimit", id=limit["id"])
    assert removed["removedId"] == limit["id"]


async def _sign_in_elsewhere(story: Story, services: Services, api: Api) -> None:
    """An organisation's provider, but for the trial, which takes a browser."""
    side, records = ProviderSide(), Records()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(services.providers, "http", side)
        patched.setattr(type(services.resolver), "list_texts", records.list_texts)
        domain = (await story.tell(api, "AddMailDomain", domain="acme.fr"))["mailDomain"]
        records.texts[domain["recordName"]] = [domain["recordValue"]]
        proved = await story.tell(api, "ProveMailDomain", id=domain["id"])
        assert proved["mailDomain"]["provedAt"] is not None
        groups = [{"group": "accounting", "role": "BILLING"}]
        terms = {"name": "Acme", "issuer": ISSUER, "clientId": CLIENT, "groupRoles": groups}
        terms["roleClaim"] = "groups"
        made = (await story.tell(api, "CreateSignInProvider", input=terms))["signInProvider"]
        await story.tell(api, "UpdateSignInProvider", input={"id": made["id"], "name": "Acme SA"})
        await db.execute("UPDATE sso_connection SET state = 'TRIED'")
        chosen = {"id": made["id"], "mode": "REQUIRED"}
        found = await story.tell(api, "ChooseSignInProviderMode", input=chosen)
    assert found["signInProvider"]["isRequired"] is True
    await _sign_in_by_saml(story, api)
    made = await story.tell(api, "CreateScimToken", id=chosen["id"])
    assert made["secret"].startswith(made["scimToken"]["prefix"])
    ended = (await story.tell(api, "RevokeScimToken", id=chosen["id"]))["scimToken"]
    assert ended["revokedAt"] is not None
    listed = (await story.tell(api, "SingleSignOn"))["account"]
    assert listed["signInProviders"] == [found["signInProvider"]]
    assert listed["mailDomains"] == [proved["mailDomain"]]


async def _sign_in_by_saml(story: Story, api: Api) -> None:
    find_program("xmlsec1")
    key = make_key(until=system_now() + timedelta(days=300))
    terms = {"name": "Acme by SAML", "metadata": write_provider_metadata(key)}
    made = (await story.tell(api, "CreateSamlProvider", input=terms))["signInProvider"]
    change = {"id": made["id"], "defaultRole": "BILLING"}
    changed = (await story.tell(api, "UpdateSamlProvider", input=change))["signInProvider"]
    assert (changed["kind"], changed["defaultRole"]) == ("SAML", "BILLING")
    removed = await story.tell(api, "RemoveSignInProvider", id=made["id"])
    assert removed["removedId"] == made["id"]


async def _watch_tokens(story: Story, services: Services, buyer: Person) -> None:
    """Over a socket and a stream in test_live_tokens.py; here the document alone."""
    name = "WatchTokens"
    request = GraphQLRequest(document_of(name), {}, name)
    ctx = Context(services, RequestContext(actor=buyer.actor))
    async with aclosing(get_engine().subscribe(request, ctx)) as answers:
        answer = await anext(answers)
    story.reported.add(name)
    assert answer.errors == []
    assert answer.data is not None
    assert answer.data["tokenBalanceChanged"]["held"] == 0


async def _recommend(story: Story, api: Api) -> None:
    joined = (await story.tell(api, "JoinAffiliates"))["affiliate"]
    found = (await story.tell(api, "MyAffiliate"))["affiliate"]
    assert (found["code"], found["link"]) == (joined["code"], joined["link"])
    assert (await story.tell(api, "MyCommissions"))["affiliate"]["commissions"]["edges"] == []
    assert (await story.tell(api, "MyPayouts"))["affiliate"]["payouts"]["edges"] == []


async def _brand(story: Story, api: Api, agent: dict[str, Any]) -> None:
    links = [{"label": "Intranet", "url": "https://intra.acme.fr/"}]
    wanted = {"name": "Acme", "accentLight": "#8A1C4A", "links": links, "agentIds": [agent["id"]]}
    changed = (await story.tell(api, "UpdateBrand", input=wanted))["brand"]
    assert (changed["accentLight"], changed["links"], changed["hosts"]) == ("#8a1c4a", links, [])
    brand = (await story.tell(api, "Brand"))["account"]["brand"]
    assert (brand["name"], [each["id"] for each in brand["agents"]]) == ("Acme", [agent["id"]])
    assert (await story.tell(api, "RemoveBrand"))["brand"] is None


async def _roi(story: Story, api: Api) -> None:
    numbers = {"hourlyRateMinor": 4500, "minutesPerExecution": 20}
    changed = await story.tell(api, "UpdateRoiSettings", input=numbers)
    assert changed["roi"]["hourlyRate"]["amountMinor"] == 4500
    assert (await story.tell(api, "Roi"))["account"]["roi"]["minutesPerExecution"] == 20


async def _recovery(story: Story, client: httpx.AsyncClient) -> None:
    api = Api(client)
    await story.tell(api, "AskForNewPassword", email="ana@example.org")
    token = await last_mailed_token("PASSWORD_RESET")
    await story.tell(api, "ResetPassword", input={"token": token, "newPassword": "la troisieme"})
    entry = {"email": "ana@example.org", "password": "la troisieme"}
    assert (await story.tell(api, "SignIn", input=entry))["user"]["displayName"] == "Ana B."
    client.cookies.clear()


async def _catalogue(story: Story, api: Api) -> None:
    await story.tell(api, "Shelves")
    assert len(await story.tell(api, "Tiers")) == 5
    assert (await story.tell(api, "OneTier", code="PRO"))["name"] == "Pro"
    assert len((await story.tell(api, "Plans"))["tokenPacks"]) == 4


async def _try_payouts(story: Story, finance: Api) -> None:
    run = {"month": "2026-01-01", "idempotencyKey": "run"}
    assert (await story.tell(finance, "RunPayouts", input=run))["carriedOver"] == 0


async def _subscribe(story: Story, client: httpx.AsyncClient, services: Services) -> None:
    person = await open_plans(services)
    api = as_session(client, services, person)
    finance = as_session(client, services, await make_person("finance", staff=(Staff.FINANCE,)))
    terms = {"code": "half", "percentOff": 50, "duration": "ONCE"}
    assert (await story.tell(finance, "CreateCoupon", input=terms))["coupon"]["code"] == "HALF"
    quote = await story.tell(api, "QuoteCoupon", code="half", tier="PRO")
    assert quote["firstInvoice"]["amountMinor"] == 1450
    assert (await story.tell(finance, "Coupons"))["coupons"]["totalCount"] == 1
    await _try_payouts(story, finance)
    request = {"tier": "PRO", "idempotencyKey": "p", "couponCode": "half"}
    pack = {"packCode": "pack_1k", "idempotencyKey": "t"}
    await put_plans(services, "pack_1k")
    assert (await story.tell(api, "BuyPack", input=pack))["checkout"]
    started = await story.tell(api, "StartPlan", input=request)
    withdrawn = await story.tell(finance, "DeactivateCoupon", code="half")
    assert not withdrawn["coupon"]["active"]
    assert (await pay(started["checkout"]["url"])).status_code == 303
    await catch_up(services)
    assert (await story.tell(api, "MyPlan"))["account"]["tier"]["code"] == "PRO"
    assert (await story.tell(api, "MyInvoices"))["account"]["invoices"]["totalCount"] == 1
    assert (await story.tell(api, "MyTokens"))["account"]["tokens"]["held"] == 0
    offer = await story.tell(api, "PreviewPlan", tier="BUSINESS")
    agreed = {
        "tier": "BUSINESS",
        "idempotencyKey": "r",
        "prorationDate": offer["prorationDate"],
        "expectedDueNowMinor": offer["dueNow"]["amountMinor"],
    }
    changed = await story.tell(api, "ChangePlan", input=agreed)
    assert changed["subscription"]["tier"]["code"] == "BUSINESS"
    await put_portal(services)
    assert (await story.tell(api, "OpenBillingPortal"))["url"].startswith("http")
    await story.tell(api, "LeavePlan", input={"idempotencyKey": "q"})
    await story.tell(api, "ResumePlan")
    await _subscribe_to_api(story, api, services)


async def _subscribe_to_api(story: Story, api: Api, services: Services) -> None:
    await put_plans(services, "api_")
    start = {"plan": "BASIC", "idempotencyKey": "api"}
    started = await story.tell(api, "StartApiPlan", input=start)
    assert (await pay(started["checkout"]["url"])).status_code == 303
    await catch_up(services)
    mine = (await story.tell(api, "MyApiPlan"))["account"]["apiSubscription"]
    assert (mine["plan"]["code"], mine["status"]) == ("BASIC", "ACTIVE")
    change = {"plan": "PRO", "idempotencyKey": "more"}
    changed = await story.tell(api, "ChangeApiPlan", input=change)
    assert changed["apiSubscription"]["plan"]["code"] == "PRO"
    await story.tell(api, "LeaveApiPlan", input={"idempotencyKey": "leave"})
    back = await story.tell(api, "ResumeApiPlan", input={"idempotencyKey": "back"})
    assert not back["apiSubscription"]["cancelAtPeriodEnd"]


async def _publish(story: Story, seller: Api, reviewer: Api) -> dict[str, Any]:
    profile = {"handle": "atelier-nord", "displayName": "Nord", "bio": "Nous.", "country": "fr"}
    await story.tell(seller, "BecomeCreator", input=profile)
    await story.tell(seller, "UpdateCreator", input={"bio": "Autres mots."})
    agent = (await story.tell(seller, "CreateAgent", input=DRAFT))["agent"]
    request = {"agentId": agent["id"]}
    version = {"number": "1.1.0", "changelog": "Mieux.", "manifest": MANIFEST}
    await story.tell(seller, "UpdateAgent", input={**request, "tagline": "Autre."})
    await story.tell(seller, "AddVersion", input={**request, **version})
    await story.tell(seller, "SubmitAgent", input=request)
    queue = (await story.tell(reviewer, "ReviewQueue"))["moderationQueue"]
    seen = queue["edges"][0]["node"]["submittedAt"]
    await story.tell(reviewer, "DecideReview", input={**request, "approve": True, "seenAt": seen})
    about = {**request, "reason": "Its tool is unsafe."}
    await story.tell(reviewer, "SuspendAgent", input={**about, "ground": "SECURITY"})
    await story.tell(reviewer, "ReinstateAgent", input=about)
    found = await story.tell(seller, "BrowseAgents", search="trieur")
    assert [edge["node"]["id"] for edge in found["edges"]] == [agent["id"]]
    page = await story.tell(seller, "AgentPage", slug=agent["slug"])
    assert page["version"]["number"] == "1.1.0"
    creator = await story.tell(seller, "CreatorPage", handle="atelier-nord")
    assert creator["agents"]["totalCount"] == 1
    await story.tell(seller, "MyShop")
    unsold = (await story.tell(seller, "CreateAgent", input=DRAFT))["agent"]
    await story.tell(seller, "ArchiveAgent", input={"agentId": unsold["id"]})
    free = {"type": "FREE"}
    await story.tell(seller, "UpdateAgent", input={**request, "price": free})
    return dict(agent)


async def _buy(
    story: Story,
    client: httpx.AsyncClient,
    services: Services,
    buyer: Person,
    agent: dict[str, Any],
) -> None:
    api = as_session(client, services, buyer)
    request = {
        "agentId": agent["id"],
        "expectedAmountMinor": 0,
        "idempotencyKey": "story",
        "acceptImmediateSupply": True,
    }
    purchase = (await story.tell(api, "BuyAgent", input=request))["purchase"]
    await _watch(story, services, buyer, purchase["id"])
    assert (await story.tell(api, "Purchase", id=purchase["id"]))["status"] == "PAID"
    listed = (await story.tell(api, "Purchases"))["account"]["purchases"]
    assert listed["totalCount"] == 1
    library = (await story.tell(api, "Library"))["account"]["library"]
    grant_id = library["edges"][0]["node"]["id"]
    await story.tell(api, "PutAway", id=grant_id)
    await story.tell(api, "BringBack", id=grant_id)
    assert [edge["node"]["agent"]["id"] for edge in library["edges"]] == [agent["id"]]
    opened = await story.tell(api, "OpenManifest", agentId=agent["id"])
    assert opened["version"]["manifest"] == MANIFEST


async def _subscribe_to_agent(
    story: Story, client: httpx.AsyncClient, services: Services, seller: Person
) -> None:
    agent = await make_published_agent(services, seller, price=999, is_monthly=True)
    subscriber = await make_person("subscriber")
    purchase = await begin(services, Market(seller, agent, subscriber))
    api, bought = as_session(client, services, subscriber), gid("Purchase", purchase.id)
    left = {"purchaseId": bought, "idempotencyKey": "leave"}
    assert (await story.tell(api, "CancelPurchase", input=left))["purchase"]["cancelAtPeriodEnd"]
    await story.tell(api, "ResumePurchase", input={"purchaseId": bought, "idempotencyKey": "back"})


async def _give_back(
    story: Story, client: httpx.AsyncClient, services: Services, seller: Person
) -> None:
    agent = await make_published_agent(services, seller, price=999, name="Rendu")
    unhappy = await make_person("unhappy")
    purchase = await buy(services, Market(seller, agent, unhappy))
    api = as_session(client, services, unhappy)
    request = {"purchaseId": gid("Purchase", purchase.id), "reason": "", "idempotencyKey": "back"}
    returned = await story.tell(api, "RefundPurchase", input=request)
    assert returned["purchase"]["status"] == "REFUNDED"


async def _answer_bank(
    story: Story, client: httpx.AsyncClient, services: Services, seller: Person
) -> None:
    agent = await make_published_agent(services, seller, price=999, name="Contesté")
    purchase = await buy(services, Market(seller, agent, await make_person("disputing")))
    await let_bank_ask(services, purchase.id)
    api = as_session(client, services, seller)
    request = {
        "purchaseId": gid("Sale", purchase.id),
        "text": "It was used each day.",
        "idempotencyKey": "answer",
    }
    await story.tell(api, "AnswerDispute", input=request)


async def _watch(story: Story, services: Services, buyer: Person, purchase_id: str) -> None:
    """Over a stream in test_live.py; here the document alone."""
    name = "WaitForPayment"
    request = GraphQLRequest(document_of(name), {"purchaseId": purchase_id}, name)
    answers = [
        answer
        async for answer in get_engine().subscribe(
            request, Context(services, RequestContext(actor=buyer.actor))
        )
    ]
    story.reported.add(name)
    [answer] = answers
    assert answer.errors == []
    assert answer.data is not None
    assert answer.data["purchaseSettled"]["status"] == "PAID"


async def _keys(story: Story, api: Api) -> None:
    made = await story.tell(api, "CreateApiKey", input={"name": "CI", "scopes": ["READ"]})
    listed = await story.tell(api, "ApiKeys")
    assert [key["id"] for key in listed["account"]["apiKeys"]] == [made["apiKey"]["id"]]
    rotated = await story.tell(api, "RotateApiKey", id=made["apiKey"]["id"])
    assert rotated["apiKey"]["id"] == made["apiKey"]["id"]
    revoked = await story.tell(api, "RevokeApiKey", id=made["apiKey"]["id"])
    assert revoked["apiKey"]["revokedAt"] is not None
    usage = (await story.tell(api, "ApiUsage"))["account"]["apiUsage"]
    assert (usage["calls"], usage["limit"]) == (0, 1_000)
