"""What mails about webhooks say: see mail_params.py."""

from chenu.core.mail_params import MailParams


class WebhookOffParams(MailParams, frozen=True):
    """`account` is a company's name, and empty for a personal account.

    `target` is the endpoint's url. `is_gone`: it answered 410 Gone; otherwise it had failed too
    often in a row.
    """

    name: str
    account: str
    target: str
    endpoint: str
    is_gone: bool
