"""Parameters of mails about agents that somebody has in their library."""

from chenu.core.mail_params import MailParams


class NewVersionParams(MailParams, frozen=True):
    """`notes` are the creator's; `access_grant` names the page that shows what changes.

    `account` is a company's name, and empty for a personal account. `asks_more`: it may touch
    what the version in use may not.
    """

    name: str
    account: str
    agent: str
    number: str
    notes: str
    access_grant: str
    asks_more: bool


class MonthlyAgentParams(MailParams, frozen=True):
    """`account` is a company's name, and empty for a personal account."""

    name: str
    account: str
    agent: str
    slug: str


class AgentPriceParams(MonthlyAgentParams, frozen=True):
    """`price` each month; `renews_at` is the next charge."""

    price: int
    renews_at: str


class AgentEndingParams(MonthlyAgentParams, frozen=True):
    ends_at: str


class AgentEndedParams(MonthlyAgentParams, frozen=True):
    """`is_unpaid`: dunning ended it."""

    is_unpaid: bool


class AgentFailedPaymentParams(MonthlyAgentParams, frozen=True):
    """`next_attempt_at` None: it was the last one."""

    amount: int
    attempt: int
    next_attempt_at: str | None
    invoice_url: str | None
