"""What pages of affiliates call things, and the texts that affiliates may use for their link."""

from chenu.affiliates.model import CommissionKind, CommissionStatus, PayoutStatus
from chenu.core.i18n import LOCALES, Locale, mark, translate

COMMISSION_STATES = {
    CommissionStatus.PENDING: mark("waits 30 days"),
    CommissionStatus.DUE: mark("due"),
    CommissionStatus.PAID: mark("paid out"),
    CommissionStatus.REVERSED: mark("taken back"),
    CommissionStatus.HELD: mark("being checked"),
}
COMMISSION_KINDS = {
    CommissionKind.COMMISSION: mark("Commission"),
    CommissionKind.CLAWBACK: mark("Clawback"),
    CommissionKind.REINSTATEMENT: mark("Given back"),
}
TRANSFER_STATES = {
    PayoutStatus.PENDING: mark("being transferred"),
    PayoutStatus.PAID: mark("transferred"),
    PayoutStatus.FAILED: mark("not made"),
}
_CAUSES = {
    "refund": mark("The customer got money back."),
    "dispute": mark("The customer’s bank took the payment back."),
}
_GIVEN_BACK = mark("What was taken back did not go to the customer after all.")

READY_TEXTS = (
    mark(
        "I let AI agents of CHE·NU do my paperwork. Each is read by a person before it goes on "
        "sale, and beginning costs nothing: {link} (advertisement: I earn a commission)"
    ),
    mark(
        "Hello,\n\nCHE·NU is a marketplace of AI agents for work and life. You see beforehand what "
        "an agent may touch, what it costs, and afterwards what it was worth. The plan Free is "
        "free, and every other one can be cancelled at any time.\n\n{link}\n\nFor your "
        "information: I earn a commission if you become a paying customer. It costs you nothing."
    ),
)
"""Each says that it is advertising, as the law asks."""


def why(kind: CommissionKind, cause: str) -> str:
    """Why money was taken back or given again; empty for the commission of an invoice."""
    if kind is CommissionKind.COMMISSION:
        return ""
    if kind is CommissionKind.REINSTATEMENT:
        return _GIVEN_BACK
    return _CAUSES.get(cause.partition(":")[0], _CAUSES["refund"])


def list_ready_texts(link: str) -> list[tuple[Locale, str]]:
    """In each of our languages, whatever that of the page."""
    return [
        (locale, translate(locale, text, link=link)) for locale in LOCALES for text in READY_TEXTS
    ]
