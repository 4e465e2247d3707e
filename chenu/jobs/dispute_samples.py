"""Mails about disputes, with made-up parameters."""

from chenu.core.dispute_mail_params import DisputeParams
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams


def _dispute(*, is_inquiry: bool) -> DisputeParams:
    return DisputeParams(
        name="Zoé",
        agent="Trieur de factures",
        amount=1250,
        reason="le porteur dit n’avoir rien reçu",
        is_inquiry=is_inquiry,
        due_at="2026-12-15T09:30:00+00:00",
        purchase="018f0000-0000-7000-8000-000000000001",
    )


DISPUTES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.DISPUTE_OPENED: (_dispute(is_inquiry=False), _dispute(is_inquiry=True)),
    MailKind.DISPUTE_DUE: (_dispute(is_inquiry=False),),
    MailKind.DISPUTE_WON: (_dispute(is_inquiry=False), _dispute(is_inquiry=True)),
    MailKind.DISPUTE_LOST: (_dispute(is_inquiry=False),),
}
