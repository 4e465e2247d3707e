"""What mails about API keys say: see mail_params.py."""

from chenu.core.mail_params import MailParams


class ApiKeyLeakedParams(MailParams, frozen=True):
    """`account` is a company's name, and empty for a personal account; `place` may be empty.

    `is_replaced`: it was the secret before the last rotation, and the key goes on.
    """

    name: str
    key: str
    prefix: str
    account: str
    place: str
    is_replaced: bool
