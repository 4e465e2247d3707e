"""What waits for people where a demo begins: an appeal, two reports, an update, a brand.

Not a part of the history's file: whoever tries these wants them to be of today.
"""

from secrets import token_urlsafe

from msgspec.structs import replace

from chenu.accounts.actor import ANONYMOUS, Staff
from chenu.accounts.audit import is_recorded, record
from chenu.accounts.users import find_user_by_email
from chenu.agents.buyer_reviews import list_reviews
from chenu.agents.queries import find_change, list_versions
from chenu.core import db
from chenu.core.i18n import DEFAULT_LOCALE
from chenu.core.paging import PageRequest
from chenu.demo.brand import show_brand
from chenu.demo.people import DemoPerson
from chenu.demo.runs import get_agent
from chenu.demo.seed import act_as, insert_people
from chenu.flows.appeals.appeal import appeal_decision
from chenu.flows.content_reports.send import report_agent, report_review
from chenu.flows.creators.edit_agent import create_version
from chenu.flows.creators.review_agent import decide_review
from chenu.flows.creators.suspend_agent import suspend_agent
from chenu.moderation.decisions import find_latest_decision
from chenu.moderation.model import DecisionGround, DecisionKind
from chenu.moderation.report_model import ReportGround
from chenu.moderation.reports import ReportInput

LEFT_OPEN = "demo.open_matters"
"""The action in the audit trail of a database that has them."""
COLLEAGUE = DemoPerson("reviewer", "Noé Chauvin", staff=(Staff.REVIEWER,))
"""Suspends an agent, because whoever decides about the appeal must be somebody else."""
_VISITOR = replace(ANONYMOUS, ip="192.0.2.17")
_SUSPENDED, _UPDATED = "planning-de-chantier", "veille-scientifique"
_REPORTED, _REVIEWED = "delais-de-procedure", "controle-factur-x"
_FACTS = (
    "La page promet que les messages aux équipes sont relus avant de partir. Depuis la version "
    "1.1.0, l’agent les envoie dès qu’un chantier glisse : trois acheteurs nous l’ont montré."
)
_APPEAL = (
    "L’envoi sans relecture vient d’un réglage que ces acheteurs ont choisi, « envoi direct », et "
    "qui est éteint au départ. Nous ajouterons un avertissement à ce réglage."
)
_MISSED = (
    "Pour une notification reçue à Cayenne, l’agent oublie le délai de distance, alors que la page "
    "le promet. J’ai failli manquer une date."
)
_MISSED_TOO = "Le lundi de Pentecôte est compté comme un jour ouvré dans deux cas sur trois."
_RIVAL = "Cet avis parle d’un autre produit : notre agent n’a jamais été vendu au mois."
_CHANGELOG = (
    "Prépare chaque lundi un courriel de synthèse pour votre équipe. C’est vous qui l’envoyez : "
    "l’agent demande pour cela de pouvoir écrire des brouillons."
)


@db.transactional
async def leave_open() -> None:
    """Once: who has decided in a demo does not find the same again. Raises ChenuError."""
    if await is_recorded(LEFT_OPEN):
        return
    if await find_user_by_email(COLLEAGUE.email) is None:
        await insert_people([COLLEAGUE])
    await _suspend()
    await _report()
    await _publish_update()
    await show_brand()
    await record(ANONYMOUS, LEFT_OPEN)


async def _suspend() -> None:
    agent = await get_agent(_SUSPENDED)
    reviewer = await act_as(COLLEAGUE.role)
    await suspend_agent(reviewer, agent.id, DecisionGround.SECURITY, _FACTS)
    decision = await find_latest_decision(DecisionKind.AGENT_SUSPENDED, agent.id)
    if decision is not None:
        await appeal_decision(await act_as("creator"), decision.id, _APPEAL)


async def _report() -> None:
    """By a buyer and by a stranger about one agent; by a creator about a review of theirs."""
    agent_id = (await get_agent(_REPORTED)).id
    await report_agent(await act_as("starter"), agent_id, _say(ReportGround.MISLEADING, _MISSED))
    await report_agent(_VISITOR, agent_id, _say(ReportGround.OTHER, _MISSED_TOO))
    reviews = await list_reviews((await get_agent(_REVIEWED)).id, PageRequest(size=20))
    least = min(reviews.rows, key=lambda review: review.rating, default=None)
    if least is not None:  # a short history has no reviews
        creator, words = await act_as("creator"), _say(ReportGround.MISLEADING, _RIVAL)
        await report_review(creator, least.id, words)


def _say(ground: ReportGround, body: str) -> ReportInput:
    return ReportInput(ground, body, email="", key=token_urlsafe(), locale=DEFAULT_LOCALE)


async def _publish_update() -> None:
    """A version that may touch more than what its buyers have accepted."""
    agent = await get_agent(_UPDATED)
    version, *_ = await list_versions([agent.id], all_states=False)
    manifest = {
        **version.manifest,
        "permissions": [*version.manifest["permissions"], "mail:draft"],
        "tools": [*version.manifest["tools"], "mail_draft"],
    }
    maker = await act_as("bureau.openlab")
    await create_version(maker, agent.id, "1.3.0", _CHANGELOG, manifest)
    change = await find_change(agent.id)
    seen_at = change.submitted_at if change else None
    note = "Les droits demandés de plus sont expliqués dans les notes de version."
    reviewer = await act_as(COLLEAGUE.role)
    await decide_review(reviewer, agent.id, approve=True, reason=note, seen_at=seen_at)
