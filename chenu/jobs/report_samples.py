"""What mails about reports look like, with made-up parameters."""

from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams, ReviewParams
from chenu.core.report_mail_params import (
    ReportDecidedParams,
    ReportReceivedParams,
    ReviewWrittenParams,
)

_AGENT, _RECEIPT = "Trieur de factures", "0" * 40


def _decided(reason: str, *, is_review: bool, is_acted: bool) -> ReportDecidedParams:
    return ReportDecidedParams(
        agent=_AGENT, is_review=is_review, receipt=_RECEIPT, is_acted=is_acted, reason=reason
    )


REPORTS: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.REPORT_RECEIVED: tuple(
        ReportReceivedParams(agent=_AGENT, is_review=is_review, receipt=_RECEIPT)
        for is_review in (False, True)
    ),
    MailKind.REVIEW_WRITTEN: tuple(
        ReviewWrittenParams(name="Zoé", agent=_AGENT, slug="trieur-1a2b", rating=rating)
        for rating in (1, 5)
    ),
    MailKind.REVIEW_RESTORED: (
        ReviewParams(name="Zoé", agent=_AGENT, slug="trieur-1a2b", reason="Rien n’y insulte."),
    ),
    MailKind.REPORT_DECIDED: (
        _decided("Il fait ce qu’il promet.", is_review=False, is_acted=False),
        _decided("L’avis insultait une personne.", is_review=True, is_acted=True),
    ),
}
