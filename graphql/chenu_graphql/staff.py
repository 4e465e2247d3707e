"""The back office: the moderation queue, and the decision."""

from datetime import datetime
from typing import Annotated

import strawberry

from chenu.agents.counts import count_review_queue
from chenu.agents.queries import QueuedAgent, list_review_queue
from chenu.flows.creators.review_agent import decide_review
from chenu.flows.creators.suspend_agent import reinstate_agent, suspend_agent
from chenu.ledger.findings import FindingRow, list_findings
from chenu.moderation.model import DecisionGround
from chenu_graphql.agent_edits import load_payload, read_agent_id
from chenu_graphql.agent_lists import queue_key
from chenu_graphql.availability import REPORT_WEIGHT, SlaMonth
from chenu_graphql.connection import (
    After,
    Before,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    read_page,
)
from chenu_graphql.context import Info
from chenu_graphql.coupons import CouponConnection, page_coupons
from chenu_graphql.fields import Weight, field, input_argument, input_field
from chenu_graphql.market import AgentConnection
from chenu_graphql.payloads import Payload
from chenu_graphql.permissions import FINANCE, REVIEWER
from chenu_graphql.revenue import (
    METRICS_WEIGHT,
    MOVEMENTS_WEIGHT,
    TARGETS_WEIGHT,
    MrrMovement,
    RevenueMetrics,
    TargetCheck,
    resolve_movements,
    resolve_revenue,
    resolve_targets,
)
from chenu_graphql.service_desk import resolve_staff_report

_USUAL_CHECKS = 50


class StaffSource:
    """The back office has no row of its own."""


async def _page_queue(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[QueuedAgent]:
    cursors = info.context.cursors.of_list("review queue")
    page = read_page(cursors, PageArguments(first, after, last, before))
    queue = await list_review_queue(page)
    info.context.reading.record_staff_read("queue", "moderation_queue")
    return ConnectionSource(cursors, queue, queue_key, count_review_queue)


@strawberry.type(description="The last result of a rule that books, rows and Stripe must obey.")
class LedgerCheck:
    name: str = field("As in the books' documentation, such as I5.", FINANCE)
    description: str = field("The rule, in words.", FINANCE)
    ok: bool = field("Whether it holds.", FINANCE)
    violations: int = field("How many rows break it.", FINANCE)
    samples: list[str] = field("The first ten of them.", FINANCE)
    checked_at: datetime = field("Each hour; earlier when the worker is away.", FINANCE)
    violated_since: datetime | None = field("null while it holds.", FINANCE)


async def _list_findings(info: Info) -> list[FindingRow]:
    info.context.reading.record_staff_read("books", "ledger_health")
    return await list_findings()


@strawberry.type(description="null for everyone who is not staff (with FORBIDDEN).")
class Staff:
    revenue: RevenueMetrics = field(
        "Of the whole business as of the end of a day; finance only.",
        FINANCE,
        resolve_revenue,
        weight=METRICS_WEIGHT,
    )
    movements: list[MrrMovement] = field(
        "How the MRR moved, month by month, the oldest first; finance only.",
        FINANCE,
        resolve_movements,
        weight=MOVEMENTS_WEIGHT,
    )
    targets: list[TargetCheck] = field(
        "The plan's targets beside today's metrics, its checklist first; finance only.",
        FINANCE,
        resolve_targets,
        weight=TARGETS_WEIGHT,
    )
    moderation_queue: AgentConnection = field(
        "New agents and pending changes, the longest waiting first; reviewers only.",
        REVIEWER,
        _page_queue,
    )
    coupons: CouponConnection = field(
        "Every coupon, the newest first; finance only.", FINANCE, page_coupons
    )
    sla_report: list[SlaMonth] = field(
        "What each month of an account's contracts reached, the newest first; finance only.",
        FINANCE,
        resolve_staff_report,
        weight=REPORT_WEIGHT,
    )
    ledger_health: list[LedgerCheck] = field(
        "The rules of the books, broken ones first; finance only.",
        FINANCE,
        _list_findings,
        weight=Weight(size=_USUAL_CHECKS),
    )


@strawberry.input(description="A reviewer's decision.")
class AgentReviewDecisionInput:
    agent_id: strawberry.ID = input_field("Which agent, or whose pending change.")
    approve: bool = input_field("true publishes, false rejects.")
    reason: str | None = input_field("For the creator; required when rejecting.")
    seen_at: datetime | None = input_field(
        "submittedAt of what the reviewer read: a later edit is refused as INVALID_STATE."
    )
    ground: DecisionGround | None = input_field("Of a rejection; OTHER if it is left out.")


@strawberry.input(description="Which agent is taken off sale or put back, and why.")
class AgentSuspendInput:
    agent_id: strawberry.ID = input_field("Which agent.")
    reason: str = input_field("For the creator, who gets it as statement of reasons.")
    ground: DecisionGround | None = input_field("Of a suspension; OTHER if it is left out.")


async def resolve_staff() -> StaffSource:
    return StaffSource()


async def resolve_review_decision(
    info: Info, data: Annotated[AgentReviewDecisionInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await decide_review(
        info.context.actor,
        agent_id,
        approve=data.approve,
        reason=data.reason or None,
        seen_at=data.seen_at,
        ground=data.ground or DecisionGround.OTHER,
    )
    return await load_payload(agent_id)


async def resolve_agent_suspend(
    info: Info, data: Annotated[AgentSuspendInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await suspend_agent(
        info.context.actor, agent_id, data.ground or DecisionGround.OTHER, data.reason
    )
    return await load_payload(agent_id)


async def resolve_agent_reinstate(
    info: Info, data: Annotated[AgentSuspendInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await reinstate_agent(info.context.actor, agent_id, data.reason)
    return await load_payload(agent_id)
