"""Mails about decisions of staff, and about appeals, with made-up parameters."""

from uuid import UUID

from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams, ReviewParams
from chenu.core.moderation_mail_params import AppealParams, DecisionParams

_NAME, _AGENT = "Zoé", "Trieur de factures"
_DECISION = str(UUID(int=11))


def _decision(ground: str, facts: str) -> DecisionParams:
    return DecisionParams(
        name=_NAME, subject=_AGENT, ground=ground, facts=facts, decision=_DECISION
    )


def _appeal(answer: str, *, is_overturned: bool) -> AppealParams:
    return AppealParams(
        name=_NAME,
        subject=_AGENT,
        answer=answer,
        is_overturned=is_overturned,
        decision=_DECISION,
    )


MODERATION: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.AGENT_REJECTED: (_decision("Qualité", "Le manifeste est incomplet."),),
    MailKind.AGENT_SUSPENDED: (_decision("Sécurité", "Il envoie des fichiers à un inconnu."),),
    MailKind.REVIEW_REMOVED: (_decision("Nos conditions", "Il insulte une personne."),),
    MailKind.AGENT_REINSTATED: (
        ReviewParams(name=_NAME, agent=_AGENT, slug="trieur-1a2b", reason="L’envoi a été retiré."),
    ),
    MailKind.APPEAL_DECIDED: (
        _appeal("Le fichier part en effet.", is_overturned=False),
        _appeal("Le fichier ne part pas.", is_overturned=True),
    ),
}
