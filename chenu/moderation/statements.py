"""Decides with reasons: the statement is recorded, and mailed to whom it is about."""

from chenu.accounts.actor import Actor
from chenu.accounts.users import get_user
from chenu.core.i18n import known_locale, translate
from chenu.core.mail import MailKind, queue_mail
from chenu.core.moderation_mail_params import DecisionParams
from chenu.moderation.decisions import DecisionRow, Statement, record_decision
from chenu.moderation.model import DecisionKind
from chenu.moderation.words import GROUNDS

_MAILS = {
    DecisionKind.AGENT_SUSPENDED: MailKind.AGENT_SUSPENDED,
    DecisionKind.AGENT_REJECTED: MailKind.AGENT_REJECTED,
    DecisionKind.REVIEW_REMOVED: MailKind.REVIEW_REMOVED,
}


async def state_reasons(actor: Actor, statement: Statement) -> DecisionRow:
    """Part of the decision's transaction. Raises Invalid for facts that are empty or too long."""
    decision = await record_decision(actor, statement)
    recipient = await get_user(decision.recipient)
    locale = known_locale(recipient.locale)
    params = DecisionParams(
        name=recipient.mail_name,
        subject=decision.subject_name,
        ground=translate(locale, GROUNDS[decision.ground]),
        facts=decision.facts,
        decision=str(decision.id),
    )
    key = f"decision:{decision.id}"
    await queue_mail(_MAILS[decision.kind], recipient.email, locale, key, params)
    return decision
