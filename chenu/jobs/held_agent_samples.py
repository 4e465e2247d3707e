"""What mails about agents that somebody has look like, with made-up parameters."""

from typing import Any

from chenu.core.agent_mail_params import (
    AgentEndedParams,
    AgentEndingParams,
    AgentFailedPaymentParams,
    AgentPriceParams,
    NewVersionParams,
)
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams

_SOON = "2026-12-15T09:30:00+00:00"
_ABOUT: dict[str, Any] = {
    "name": "Zoé",
    "account": "",
    "agent": "Veilleur de marchés",
    "slug": "veilleur-1a2b",
}
_OF_COMPANY = {**_ABOUT, "account": "Benali SARL"}


def _failed(attempt: int, next_attempt_at: str | None) -> AgentFailedPaymentParams:
    return AgentFailedPaymentParams(
        **_ABOUT,
        amount=900,
        attempt=attempt,
        next_attempt_at=next_attempt_at,
        invoice_url="https://invoice.stripe.com/i/sample",
    )


def _news(notes: str, *, asks_more: bool) -> NewVersionParams:
    return NewVersionParams(
        name="Zoé",
        account="",
        agent="Veilleur de marchés",
        number="1.2.0",
        notes=notes,
        access_grant="018f0000-0000-7000-8000-000000000002",
        asks_more=asks_more,
    )


AGENTS_HELD: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.AGENT_CANCELLED: (AgentEndingParams(**_ABOUT, ends_at=_SOON),),
    MailKind.AGENT_STOPPED: (AgentEndingParams(**_OF_COMPANY, ends_at=_SOON),),
    MailKind.AGENT_RESUMED: (AgentPriceParams(**_ABOUT, price=900, renews_at=_SOON),),
    MailKind.AGENT_ENDED: tuple(
        AgentEndedParams(**_ABOUT, is_unpaid=is_unpaid) for is_unpaid in (True, False)
    ),
    MailKind.AGENT_PAYMENT_FAILED: (_failed(1, _SOON), _failed(4, None)),
    MailKind.NEW_VERSION: (_news("", asks_more=False), _news("Lit aussi le PDF.", asks_more=True)),
}
