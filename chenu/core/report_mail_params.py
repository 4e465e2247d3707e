"""What mails about reviews and reports say: nothing that their authors wrote."""

from chenu.core.mail_params import MailParams


class ReportReceivedParams(MailParams, frozen=True):
    """`receipt` is the end of the address where the reporter sees what became of it."""

    agent: str
    is_review: bool
    receipt: str


class ReviewWrittenParams(MailParams, frozen=True):
    """Of the day's first review of the agent, without its text, which its author may change."""

    name: str
    agent: str
    slug: str
    rating: int


class ReportDecidedParams(ReportReceivedParams, frozen=True):
    """`reason` is what staff wrote."""

    is_acted: bool
    reason: str
