"""The reviewers' pages: the queue, one agent with all its details, and the decision."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.agents.model import AgentId, AgentStatus
from chenu.agents.near_copies import list_near_copies
from chenu.agents.queries import (
    QueuedAgent,
    find_agent,
    find_change,
    list_review_queue,
    list_versions_by_id,
)
from chenu.agents.rows import AgentRow, ChangeRow, VersionRow
from chenu.core.errors import Invalid, NotFound
from chenu.core.paging import Key
from chenu.flows.creators.review_agent import decide_review, is_of_reviewer
from chenu.flows.creators.suspend_agent import reinstate_agent, suspend_agent
from chenu.moderation.model import DecisionGround
from storefront.access import REVIEWER
from storefront.forms import (
    REFUSALS,
    Fields,
    FormView,
    HttpRequest,
    forms_of_page,
    keep,
    read_form,
    read_query,
)
from storefront.json_text import pretty_json
from storefront.moderation_words import ground_choices
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.picture_diff import PictureDiff, compare_pictures
from storefront.review_diff import compare_listing, compare_texts

PAGE_SIZE = 25
_FORMS = ("decide", "suspend", "reinstate")


@get("/staff", opt=REVIEWER)
async def show_queue(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    cursors = pages.cursors.of_list("review queue")
    pager = Pager(cursors, "/staff", PAGE_SIZE)
    queue = await list_review_queue(pager.read(read_query(request)))
    page = pages.show("staff/queue.html", queue=queue.rows, links=pager.links(queue, _key))
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "moderation_queue")])
    return page


def _key(agent: QueuedAgent) -> Key:
    return (agent.queued_at.isoformat(), str(agent.id))


@get("/staff/agents/{agent_id:uuid}", opt=REVIEWER)
async def show_review(pages: NamedDependency[Pages], agent_id: FromPath[UUID]) -> Page:
    return await _render_review(pages, await _get_agent(agent_id), FormView("decide"))


async def _get_agent(agent_id: UUID) -> AgentRow:
    agent = await find_agent(AgentId(agent_id))
    if agent is None:
        raise NotFound("There is no such agent")
    return agent


async def _render_review(pages: Pages, agent: AgentRow, form: FormView, status: int = 200) -> Page:
    waiting = await _find_waiting_change(agent)
    live = await _find_version(agent, None)
    offered = await _find_version(agent, waiting)
    submitted = waiting.submitted_at if waiting else agent.submitted_at
    page = pages.show(
        "staff/agent.html",
        status,
        agent=agent,
        change=waiting,
        version=offered,
        manifest=pretty_json(offered.manifest) if offered else "",
        picture_diff=_compare_media(agent, waiting),
        listing_diff=compare_listing(agent, waiting) if waiting else [],
        near_copies=await list_near_copies(agent, waiting.fields if waiting else {}),
        manifest_diff=_compare_manifests(live, offered) if waiting else [],
        is_waiting=waiting is not None or agent.status is AgentStatus.PENDING_REVIEW,
        is_own=await is_of_reviewer(pages.request_context.actor, agent),
        grounds=ground_choices(pages.locale),
        seen_at=submitted.isoformat() if submitted else "",
        form=form,
        forms=forms_of_page(form, _FORMS),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("review", agent.id)])
    return page


async def _find_waiting_change(agent: AgentRow) -> ChangeRow | None:
    """While the agent is suspended, its change waits for that to end."""
    change = await find_change(agent.id)
    is_waiting = change is not None and change.status is AgentStatus.PENDING_REVIEW
    return change if is_waiting and agent.status is AgentStatus.PUBLISHED else None


async def _find_version(agent: AgentRow, change: ChangeRow | None) -> VersionRow | None:
    version_id = change.version_id if change and change.version_id else agent.current_version
    found = await list_versions_by_id([version_id]) if version_id else []
    return found[0] if found else None


def _compare_manifests(
    live: VersionRow | None, offered: VersionRow | None
) -> list[tuple[str, str]]:
    if live is None or offered is None or live.id == offered.id:
        return []
    return compare_texts(pretty_json(live.manifest), pretty_json(offered.manifest))


def _compare_media(agent: AgentRow, waiting: ChangeRow | None) -> PictureDiff | None:
    """None where the pictures stay as they are."""
    media = waiting.media if waiting else None
    if media is None or media == agent.media:
        return None
    return compare_pictures(agent.media, media)


@post("/staff/agents/{agent_id:uuid}/decide", opt=REVIEWER)
async def decide(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    agent = await _get_agent(agent_id)
    try:
        approve = _read_decision(fields)
        await decide_review(
            pages.request_context.actor,
            agent.id,
            approve=approve,
            reason=fields.text("reason"),
            seen_at=_read_moment(fields),
            ground=DecisionGround.OTHER if approve else _read_ground(fields),
        )
    except REFUSALS as error:
        form = pages.refused("decide", keep(fields, ("reason", "ground")), error)
        return await _render_review(pages, agent, form, pages.status(error))
    return pages.go(f"/staff?notice={'approved' if approve else 'rejected'}")


def _read_decision(fields: Fields) -> bool:
    decision = fields.text("decision")
    if decision not in ("approve", "reject"):
        raise Invalid("The decision is approve or reject", path=("decision",))
    return decision == "approve"


def _read_moment(fields: Fields) -> datetime:
    """The time of the version that the reviewer read: if it was edited later, the decision is
    refused.
    """
    try:
        moment = datetime.fromisoformat(fields.text("seen_at"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Invalid("Please open the agent again before you decide", path=("seen_at",))
    return moment


def _read_ground(fields: Fields) -> DecisionGround:
    if not fields.text("ground"):
        raise Invalid("Please choose the ground of the decision", path=("ground",))
    return fields.read_choice("ground", DecisionGround)


@post("/staff/agents/{agent_id:uuid}/suspend", opt=REVIEWER)
async def suspend(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    agent = await _get_agent(agent_id)
    try:
        ground, actor = _read_ground(fields), pages.request_context.actor
        await suspend_agent(actor, agent.id, ground, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("suspend", keep(fields, ("reason", "ground")), error)
        return await _render_review(pages, agent, form, pages.status(error))
    return pages.go(f"/staff/agents/{agent.id}?notice=suspended")


@post("/staff/agents/{agent_id:uuid}/reinstate", opt=REVIEWER)
async def reinstate(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    agent = await _get_agent(agent_id)
    try:
        await reinstate_agent(pages.request_context.actor, agent.id, fields.text("reason"))
    except REFUSALS as error:
        form = pages.refused("reinstate", keep(fields, ("reason",)), error)
        return await _render_review(pages, agent, form, pages.status(error))
    return pages.go(f"/staff/agents/{agent.id}?notice=reinstated")
