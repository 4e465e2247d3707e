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
