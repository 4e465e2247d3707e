"""What mails about decisions of staff, and about appeals against them, say."""

from chenu.core.mail_params import MailParams


class DecisionParams(MailParams, frozen=True):
    """A statement of reasons. `decision` is its page, where the appeal is."""

    name: str
    subject: str
    ground: str
    facts: str
    decision: str


class AppealParams(MailParams, frozen=True):
    """What became of an appeal; `answer` is why."""

    name: str
    subject: str
    answer: str
    is_overturned: bool
    decision: str
