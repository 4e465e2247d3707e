"""Reports of agents and reviews for tests."""

from dataclasses import dataclass
from typing import Any

from chenu.accounts.actor import ANONYMOUS, Actor
from chenu.agents.model import AgentId, ReviewId
from chenu.core import db
from chenu.core.i18n import Locale
from chenu.core.ids import new_id
from chenu.flows.content_reports.send import report_agent, report_review
from chenu.moderation.report_model import CaseId, ReportGround
from chenu.moderation.reports import ReportInput


@dataclass(frozen=True)
class ReportMail:
    to_address: str
    kind: str
    locale: str


def report_input(
    *,
    body: str = "It sends my files to a stranger.",
    email: str = "",
    key: str = "",
    ground: ReportGround = ReportGround.SECURITY,
    locale: Locale = "en",
) -> ReportInput:
    """A new one each time, where no key is given."""
    return ReportInput(ground, body, email, key or new_id().hex, locale)


async def send_report(agent_id: AgentId, actor: Actor = ANONYMOUS, **changes: Any) -> str:
    return await report_agent(actor, agent_id, report_input(**changes))


async def send_review_report(review_id: ReviewId, actor: Actor = ANONYMOUS, **changes: Any) -> str:
    return await report_review(actor, review_id, report_input(**changes))


async def open_cases() -> list[CaseId]:
    """The oldest first."""
    rows = await db.fetch_all(
        _Id, "SELECT id FROM report_case WHERE decided_at IS NULL ORDER BY id"
    )
    return [row.id for row in rows]


@dataclass(frozen=True)
class _Id:
    id: CaseId


async def report_mails() -> list[ReportMail]:
    """Mails about reports, in their order."""
    sql = """
        SELECT to_address, kind, locale FROM outbox_mail WHERE kind LIKE 'REPORT%' ORDER BY id
    """
    return await db.fetch_all(ReportMail, sql)
