"""What each kind of mail says: the parameters of its template, checked when it is queued.

Times are ISO 8601, amounts cents. Texts of people are made harmless when the mail is composed
(chenu/jobs/user_texts.py names the parameters that nobody but us writes).
"""

from msgspec import UNSET, Struct, UnsetType


class MailParams(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing that a mail is not made to say."""


class LinkParams(MailParams, frozen=True):
    token: str


class VerifyParams(LinkParams, frozen=True):
    """`further`: what the link takes along, as the end of a URL's query."""

    further: str


class WelcomeParams(MailParams, frozen=True):
    """No name: a stranger who mistyped may have chosen it."""

    email: str


class NewAddressParams(MailParams, frozen=True):
    """Without `token`: the address has an account already."""

    email: str
    token: str | UnsetType = UNSET


class AddressNoticeParams(MailParams, frozen=True):
    name: str
    email: str
    cancel: str | UnsetType = UNSET


class GreetingParams(MailParams, frozen=True):
    """`name` is empty until the address is verified."""

    name: str


class ResetParams(MailParams, frozen=True):
    name: str
    token: str


class MemberRemovedParams(MailParams, frozen=True):
    name: str
    account: str


class OwnerChangedParams(MailParams, frozen=True):
    name: str
    account: str
    is_owner: bool


class SupportAskedParams(MailParams, frozen=True):
    name: str
    due_at: str


class SupportAnsweredParams(MailParams, frozen=True):
    name: str
    answer: str


class ReceiptParams(MailParams, frozen=True):
    """`renews_at`: the next charge of what is paid by the month; None for what was bought once."""

    name: str
    agent: str
    slug: str
    creator: str
    purchase: str
    amount: int
    tax: int
    paid_at: str
    invoice_url: str | None
    receipt_url: str | None
    consent: list[str]
    consent_version: str
    consent_at: str
    renews_at: str | None = None


class PackReceiptParams(MailParams, frozen=True):
    """`terms` are the sentences that stood beside the button, by their version."""

    name: str
    base: int
    bonus: int
    order: str
    amount: int
    tax: int
    paid_at: str
    terms: list[str]
    terms_version: str


class InvoiceParams(MailParams, frozen=True):
    """`document` names the stored PDF, which is attached if it is there when the mail leaves."""

    name: str
    account: str
    number: str
    document: str
    amount: int
    tax: int
    paid_at: str
    invoice_url: str | None


class ReviewParams(MailParams, frozen=True):
    name: str
    agent: str
    slug: str
    reason: str


class PersonDeletedParams(MailParams, frozen=True):
    name: str
    at: str


class PlanParams(MailParams, frozen=True, kw_only=True):
    """`account` is a company's name, and empty for a personal account. `is_api`: an API plan."""

    name: str
    account: str
    plan: str
    is_api: bool = False


class PlanPriceParams(PlanParams, frozen=True):
    """`price` for each `interval`: MONTH or YEAR; `renews_at` is the next charge."""

    price: int
    interval: str
    renews_at: str


class PlanStartedParams(PlanPriceParams, frozen=True):
    is_trial: bool


class PlanChangedParams(PlanPriceParams, frozen=True):
    old_plan: str


class PlanScheduledParams(PlanParams, frozen=True):
    """What `plan` becomes at `starts_at`; `next_plan` may be the same, with another interval."""

    next_plan: str
    interval: str
    starts_at: str


class PlanCancelledParams(PlanParams, frozen=True):
    ends_at: str
    is_trial: bool


class PlanEndedParams(PlanParams, frozen=True):
    """`is_unpaid`: dunning ended it."""

    is_unpaid: bool


class TrialEndingParams(PlanParams, frozen=True):
    """`amount` is what the first invoice will charge, with its discounts and taxes."""

    amount: int
    interval: str
    ends_at: str
    has_card: bool


class PaymentFailedParams(PlanParams, frozen=True):
    """`next_attempt_at` None: it was the last one."""

    amount: int
    attempt: int
    next_attempt_at: str | None
    invoice_url: str | None


class TokensUsedParams(MailParams, frozen=True):
    """`percent` of the month's budget: 80 or 100. `account` is empty for a personal one."""

    name: str
    account: str
    percent: int
    budget: int
    used: int
    resets_at: str


class RefundParams(MailParams, frozen=True):
    """`number` is the invoice's; empty for one that Stripe has not numbered.

    `agent`: what was paid for, empty for plans and packs; `is_whole`: it is the buyer's no more.
    """

    name: str
    amount: int
    number: str
    agent: str = ""
    is_whole: bool = False


class RefundFailedParams(MailParams, frozen=True):
    """As of the refund; `tokens` of a pack that are the buyer's again."""

    name: str
    amount: int
    number: str = ""
    agent: str = ""
    tokens: int = 0


class WithdrawalReceivedParams(MailParams, frozen=True):
    """All that was declared, as it was written: the law wants it in the receipt."""

    name: str
    contract: str
    email: str
    declared_at: str


class WithdrawalDoneParams(MailParams, frozen=True):
    """`item` is what the contract was about; `amount` comes back."""

    name: str
    item: str
    number: str
    amount: int
    declared_at: str


class WithdrawalRefusedParams(MailParams, frozen=True):
    name: str
    contract: str
    declared_at: str
    reason: str


class TokenLimitParams(MailParams, frozen=True):
    """`subject` is the name of an agent or of an API key; `hard` None: nothing stops it."""

    name: str
    account: str
    subject: str
    is_key: bool
    soft: int
    hard: int | None
    used: int
    ends_at: str
