"""What a mail about a dispute says; as mail_params.py."""

from chenu.core.mail_params import MailParams


class DisputeParams(MailParams, frozen=True):
    """`reason` in the reader's language; `due_at`: the last moment for an answer."""

    name: str
    agent: str
    amount: int
    reason: str
    is_inquiry: bool
    due_at: str | None
    purchase: str
