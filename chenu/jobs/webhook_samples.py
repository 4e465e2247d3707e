"""What mails about webhooks look like, with made-up parameters."""

from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams
from chenu.core.webhook_mail_params import WebhookOffParams


def _off(account: str, *, is_gone: bool) -> WebhookOffParams:
    return WebhookOffParams(
        name="Zoé",
        account=account,
        target="https://hooks.example.org/chenu",
        endpoint="019b0c5e-7d51-7c3a-8f1d-2b6a4c9e0f11",
        is_gone=is_gone,
    )


WEBHOOKS: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.WEBHOOK_OFF: (_off("", is_gone=False), _off("Benali SARL", is_gone=True)),
}
