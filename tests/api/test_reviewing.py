"""Submission, the reviewer's decision, archiving."""

import httpx

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, fingerprint, gid
from tests.api.makers import DRAFT, make_maker, make_reviewer
from tests.people import MANIFEST, make_person, make_published_agent


async def test_a_reviewer_reads_decides_and_publishes(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)
    reviewer = await make_reviewer(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]
    submitted = (await api.run("SubmitAgent", input={"agentId": draft["id"]})).payload()["agent"]

    queue = (await reviewer.run("ReviewQueue")).data["staff"]["moderationQueue"]
    [edge] = queue["edges"]
    request = {"agentId": draft["id"], "approve": True, "seenAt": edge["node"]["submittedAt"]}
    decided = await reviewer.run("DecideReview", input=request)
    again = await reviewer.run("DecideReview", input=request)

    assert submitted["status"] == "PENDING_REVIEW"
    assert queue["totalCount"] == 1
    assert edge["node"]["version"]["manifest"] == MANIFEST
    assert decided.payload()["agent"]["status"] == "PUBLISHED"
    assert again.refusals() == [("INVALID_STATE", None)]
    assert (await reviewer.run("ReviewQueue")).data["staff"]["moderationQueue"]["edges"] == []


async def test_a_decision_on_what_was_edited_since_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, person = await make_maker(client, services)
    agent = gid("Agent", (await make_published_agent(services, person)).id)
    reviewer = as_session(client, services, await make_person("late", staff=(Staff.REVIEWER,)))
    await api.run("UpdateAgent", input={"agentId": agent, "name": "Erste"})
    [edge] = (await reviewer.run("ReviewQueue")).data["staff"]["moderationQueue"]["edges"]
    seen = edge["node"]["pendingChange"]["submittedAt"]
    await api.run("UpdateAgent", input={"agentId": agent, "name": "Zweite"})
    before = await fingerprint(services)

    reply = await reviewer.run(
        "DecideReview", input={"agentId": agent, "approve": True, "seenAt": seen}
    )

    assert reply.refusals() == [("INVALID_STATE", None)]
    assert await fingerprint(services) == before


async def test_a_rejection_needs_a_reason_which_its_creator_reads(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)
    reviewer = await make_reviewer(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]["id"]
    await api.run("SubmitAgent", input={"agentId": draft})

    silent = await reviewer.run("DecideReview", input={"agentId": draft, "approve": False})
    reply = await reviewer.run(
        "DecideReview", input={"agentId": draft, "approve": False, "reason": "Trop vague."}
    )
    seen = await api.send(
        "query($id: ID!) { agent(id: $id) { status rejectionReason } }", {"id": draft}
    )

    assert silent.refusals() == [("INVALID", ["input", "reason"])]
    assert reply.payload()["agent"]["status"] == "REJECTED"
    assert seen.data["agent"] == {"status": "REJECTED", "rejectionReason": "Trop vague."}


async def test_only_reviewers_decide(client: httpx.AsyncClient, services: Services) -> None:
    api, _ = await make_maker(client, services)
    support = as_session(client, services, await make_person("support", staff=(Staff.SUPPORT,)))
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]["id"]
    await api.run("SubmitAgent", input={"agentId": draft})
    request = {"agentId": draft, "approve": True}
    before = await fingerprint(services)

    replies = [
        await api.run("DecideReview", input=request),
        await support.run("DecideReview", input=request),
        await support.run("ReviewQueue"),
    ]
    anonymous = await Api(client).run("DecideReview", input=request)

    assert [reply.codes for reply in replies] == [["FORBIDDEN"]] * 3
    assert anonymous.codes == ["UNAUTHENTICATED"]
    assert await fingerprint(services) == before


async def test_the_back_office_is_null_and_forbidden_for_everybody_else(
    client: httpx.AsyncClient, services: Services
) -> None:
    buyer = as_session(client, services, await make_person("buyer"))

    for api in (Api(client), buyer):
        reply = await api.run("ReviewQueue")
        assert reply.body["data"] == {"staff": None}
        assert reply.codes == ["FORBIDDEN"]


async def test_an_archived_agent_is_off_sale_for_good(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, person = await make_maker(client, services)
    agent = await make_published_agent(services, person)
    request = {"agentId": gid("Agent", agent.id)}

    first = await api.run("ArchiveAgent", input=request)
    again = await api.run("ArchiveAgent", input=request)
    submit = await api.run("SubmitAgent", input=request)

    assert first.payload()["agent"]["status"] == "ARCHIVED"
    assert again.payload() == first.payload()
    assert submit.refusals() == [("INVALID_STATE", None)]
    assert (await Api(client).run("AgentPage", slug=agent.slug)).data == {"agent": None}


async def test_selling_waits_for_the_payout_set_up(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]["id"]
    await db.execute("UPDATE creator SET payouts_ready = false")

    reply = await api.run("SubmitAgent", input={"agentId": draft})

    assert reply.refusals() == [("PAYOUTS_NOT_READY", None)]
