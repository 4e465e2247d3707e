"""What each kind of mail looks like, with made-up parameters: for /staff/mails and for tests.

A kind has several samples where its words differ.
"""

from datetime import UTC, datetime
from uuid import UUID

from chenu.core.i18n import Locale
from chenu.core.mail import MailRow
from chenu.core.mail_encoding import encode_params
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import (
    AddressNoticeParams,
    GreetingParams,
    InvoiceParams,
    LinkParams,
    MailParams,
    MemberRemovedParams,
    NewAddressParams,
    OwnerChangedParams,
    PaymentFailedParams,
    PersonDeletedParams,
    PlanCancelledParams,
    PlanChangedParams,
    PlanEndedParams,
    PlanParams,
    PlanPriceParams,
    PlanScheduledParams,
    PlanStartedParams,
    RefundFailedParams,
    RefundParams,
    ResetParams,
    ReviewParams,
    SupportAnsweredParams,
    SupportAskedParams,
    TokenLimitParams,
    TokensUsedParams,
    TrialEndingParams,
    VerifyParams,
    WelcomeParams,
    WithdrawalDoneParams,
    WithdrawalReceivedParams,
    WithdrawalRefusedParams,
)
from chenu.core.sale_mail_params import PaymentReturnedParams
from chenu.jobs.affiliate_samples import AFFILIATES
from chenu.jobs.api_plan_samples import with_api_plans
from chenu.jobs.dispute_samples import DISPUTES
from chenu.jobs.held_agent_samples import AGENTS_HELD
from chenu.jobs.key_samples import KEYS
from chenu.jobs.moderation_samples import MODERATION
from chenu.jobs.receipt_samples import pack_receipts, receipts
from chenu.jobs.report_samples import REPORTS
from chenu.jobs.sale_samples import SALES
from chenu.jobs.webhook_samples import WEBHOOKS

_MOMENT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
_SOON = "2026-12-15T09:30:00+00:00"
_SAMPLE_LINK = "t0ken"
_NAME, _COMPANY, _AGENT, _SLUG = "Zoé", "Benali SARL", "Trieur de factures", "trieur-1a2b"


def samples_of(kind: MailKind, locale: Locale) -> tuple[MailParams, ...]:
    """At least one."""
    if kind is MailKind.RECEIPT:
        return receipts(locale)
    if kind is MailKind.PACK_RECEIPT:
        return pack_receipts(locale)
    return SAMPLES[kind]


def sample_row(kind: MailKind, locale: Locale, params: MailParams) -> MailRow:
    """As if it waited in the outbox."""
    return MailRow(
        id=UUID(int=1),
        business_key=f"sample:{kind}",
        kind=kind,
        to_address="zoe@example.org",
        locale=locale,
        params=encode_params(kind, params),
        state="QUEUED",
        attempts=0,
        created_at=_MOMENT,
    )


def _plan_started(*, is_trial: bool) -> PlanStartedParams:
    return PlanStartedParams(
        name=_NAME,
        account="",
        plan="Pro",
        price=2900,
        interval="MONTH",
        renews_at=_SOON,
        is_trial=is_trial,
    )


def _plan_cancelled(*, is_trial: bool) -> PlanCancelledParams:
    return PlanCancelledParams(name=_NAME, account="", plan="Pro", ends_at=_SOON, is_trial=is_trial)


def _plan_changed(old: str, new: str, price: int, interval: str) -> PlanChangedParams:
    return PlanChangedParams(
        name=_NAME,
        account=_COMPANY,
        plan=new,
        old_plan=old,
        price=price,
        interval=interval,
        renews_at=_SOON,
    )


def _plan_scheduled(old: str, new: str, interval: str) -> PlanScheduledParams:
    return PlanScheduledParams(
        name=_NAME, account="", plan=old, next_plan=new, interval=interval, starts_at=_SOON
    )


def _trial_ending(*, has_card: bool, interval: str) -> TrialEndingParams:
    return TrialEndingParams(
        name=_NAME,
        account="",
        plan="Pro",
        amount=2900,
        interval=interval,
        ends_at=_SOON,
        has_card=has_card,
    )


def _token_limit(subject: str, hard: int | None) -> TokenLimitParams:
    return TokenLimitParams(
        name=_NAME,
        account=_COMPANY if hard else "",
        subject=subject,
        is_key=hard is not None,
        soft=5_000,
        hard=hard,
        used=5_120,
        ends_at=_SOON,
    )


def _payment_failed(attempt: int, next_attempt_at: str | None) -> PaymentFailedParams:
    return PaymentFailedParams(
        name=_NAME,
        account=_COMPANY,
        plan="Business",
        amount=9900,
        attempt=attempt,
        next_attempt_at=next_attempt_at,
        invoice_url="https://invoice.stripe.com/i/sample",
    )


_SCHEDULED = (
    _plan_scheduled("Pro", "Starter", "MONTH"),
    _plan_scheduled("Pro", "Pro", "MONTH"),
    _plan_scheduled("Pro", "Starter", "YEAR"),
)
_PRICED = PlanPriceParams(
    name=_NAME, account="", plan="Pro", price=2900, interval="MONTH", renews_at=_SOON
)

_SAMPLES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.EMAIL_VERIFY: (
        VerifyParams(token=_SAMPLE_LINK, further=""),
        VerifyParams(token=_SAMPLE_LINK, further="tier=PRO"),
    ),
    MailKind.EMAIL_CHANGE_CONFIRM: (
        NewAddressParams(email="new@example.org", token=_SAMPLE_LINK),
        NewAddressParams(email="new@example.org"),
    ),
    MailKind.EMAIL_CHANGE_NOTICE: (
        AddressNoticeParams(name=_NAME, email="new@example.org", cancel=_SAMPLE_LINK),
        AddressNoticeParams(name=_NAME, email="new@example.org"),
    ),
    MailKind.WELCOME: (WelcomeParams(email="zoe@example.org"),),
    MailKind.PASSWORD_RESET: (ResetParams(name=_NAME, token=_SAMPLE_LINK),),
    MailKind.PASSWORD_CHANGED: (GreetingParams(name=_NAME),),
    MailKind.SECOND_FACTOR_OFF: (GreetingParams(name=_NAME),),
    MailKind.RECOVERY_CODE_USED: (GreetingParams(name=_NAME),),
    MailKind.INVITATION: (LinkParams(token=_SAMPLE_LINK),),
    MailKind.SSO_JOIN: (ResetParams(name=_NAME, token=_SAMPLE_LINK),),
    MailKind.MEMBER_REMOVED: (MemberRemovedParams(name=_NAME, account=_COMPANY),),
    MailKind.OWNER_CHANGED: (
        OwnerChangedParams(name=_NAME, account=_COMPANY, is_owner=True),
        OwnerChangedParams(name=_NAME, account=_COMPANY, is_owner=False),
    ),
    MailKind.SUPPORT_ASKED: (SupportAskedParams(name=_NAME, due_at=_SOON),),
    MailKind.SUPPORT_ANSWERED: (
        SupportAnsweredParams(name=_NAME, answer="Bonjour, voici notre réponse."),
    ),
    MailKind.RECEIPT: receipts("fr"),
    MailKind.PACK_RECEIPT: pack_receipts("fr"),
    MailKind.INVOICE: tuple(
        InvoiceParams(
            name=_NAME,
            account=account,
            number="ABCD1234-0001",
            document="in_sample",
            amount=2900,
            tax=483,
            paid_at=_MOMENT.isoformat(),
            invoice_url="https://invoice.stripe.com/i/sample",
        )
        for account in ("", _COMPANY)
    ),
    MailKind.PAYMENT_RETURNED: tuple(
        PaymentReturnedParams(name=_NAME, agent=_AGENT, amount=1250, reason=reason)
        for reason in ("already_owned", "another_purchase", "disputed", "agent_stopped")
    ),
    MailKind.REFUND: (
        RefundParams(name=_NAME, amount=1250, number="CHENU-0001"),
        RefundParams(name=_NAME, amount=1250, number=""),
        RefundParams(name=_NAME, amount=1250, number="", agent=_AGENT, is_whole=True),
    ),
    MailKind.REFUND_FAILED: (
        RefundFailedParams(name=_NAME, amount=1250, number="CHENU-0001", tokens=800),
        RefundFailedParams(name=_NAME, amount=1250, agent=_AGENT),
    ),
    MailKind.WITHDRAWAL_RECEIVED: (
        WithdrawalReceivedParams(
            name=_NAME, contract="CHENU-0001", email="zoe@example.org", declared_at=_SOON
        ),
    ),
    MailKind.WITHDRAWAL_DONE: tuple(
        WithdrawalDoneParams(
            name=_NAME, item="Pro", number="CHENU-0001", amount=amount, declared_at=_SOON
        )
        for amount in (2900, 0)
    ),
    MailKind.WITHDRAWAL_REFUSED: (
        WithdrawalRefusedParams(
            name=_NAME,
            contract="CHENU-0001",
            declared_at=_SOON,
            reason="Les 14 jours étaient passés.",
        ),
    ),
    **SALES,
    **DISPUTES,
    MailKind.AGENT_APPROVED: (
        ReviewParams(name=_NAME, agent=_AGENT, slug=_SLUG, reason=""),
        ReviewParams(name=_NAME, agent=_AGENT, slug=_SLUG, reason="Merci, très clair."),
    ),
    **MODERATION,
    MailKind.EXPORT_READY: (GreetingParams(name=_NAME),),
    MailKind.PERSON_DELETED: (PersonDeletedParams(name=_NAME, at=_SOON),),
    MailKind.PLAN_STARTED: (_plan_started(is_trial=True), _plan_started(is_trial=False)),
    MailKind.PLAN_CHANGED: (
        _plan_changed("Pro", "Business", 9900, "MONTH"),
        _plan_changed("Pro", "Pro", 29000, "YEAR"),
    ),
    MailKind.PLAN_DOWNGRADED: (_plan_changed("Business", "Pro", 2900, "MONTH"),),
    MailKind.PLAN_CHANGE_SCHEDULED: _SCHEDULED,
    MailKind.PLAN_CHANGE_UNDONE: _SCHEDULED,
    MailKind.PLAN_CANCELLED: (_plan_cancelled(is_trial=False), _plan_cancelled(is_trial=True)),
    MailKind.PLAN_RESUMED: (_PRICED,),
    MailKind.PLAN_PAUSED: (PlanParams(name=_NAME, account="", plan="Pro"),),
    MailKind.PLAN_UNPAUSED: (_PRICED,),
    MailKind.PLAN_ENDED: tuple(
        PlanEndedParams(name=_NAME, account="", plan="Pro", is_unpaid=each)
        for each in (True, False)
    ),
    MailKind.TRIAL_ENDING: (
        _trial_ending(has_card=False, interval="MONTH"),
        _trial_ending(has_card=True, interval="YEAR"),
    ),
    MailKind.TRIAL_ENDED: (PlanParams(name=_NAME, account="", plan="Pro"),),
    MailKind.TOKEN_LIMIT: (_token_limit(_AGENT, None), _token_limit("Import", 6_000)),
    MailKind.TRIAL_REFUSED: (PlanParams(name=_NAME, account="", plan="Pro"),),
    MailKind.PAYMENT_FAILED: (_payment_failed(1, _SOON), _payment_failed(4, None)),
    **AGENTS_HELD,
    **REPORTS,
    **KEYS,
    **WEBHOOKS,
    **AFFILIATES,
    MailKind.TOKENS_USED: tuple(
        TokensUsedParams(
            name=_NAME, account=account, percent=percent, budget=5_000, used=used, resets_at=_SOON
        )
        for account, percent, used in (("", 80, 4_100), (_COMPANY, 100, 5_000))
    ),
}

SAMPLES = with_api_plans(_SAMPLES)
