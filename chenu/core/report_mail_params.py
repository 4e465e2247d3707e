"""What mails about reports of agents and reviews say: nothing that the reporter wrote."""

from chenu.core.mail_params import MailParams


class ReportReceivedParams(MailParams, frozen=True):
    """`receipt` is the end of the address where the reporter sees what became of it."""

    agent: str
    is_review: bool
    receipt: str


class ReportDecidedParams(ReportReceivedParams, frozen=True):
    """`reason` is what staff wrote."""

    is_acted: bool
    reason: str
