"""Every mail in both languages, out of what the business puts into the outbox."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chenu.agents.consent import consent_text
from chenu.core.i18n import LOCALES, Locale
from chenu.core.mail import MailKind, MailRow
from chenu.jobs.mail_text import Attachment, compose_mail

URL = "https://chenu.example"
PDF = b"%PDF-1.4\n%%EOF\n"
PARAMS: dict[str, Any] = {
    "name": "Inès <b>",
    "code": "CHENU0A1B2C3D",
    "account": "Benali SARL",
    "is_owner": True,
    "due_at": "2026-11-24T10:15:00+00:00",
    "answer": "So it goes.",
    "token": "t0ken",
    "cancel": "c4ncel",
    "email": "new@example.org",
    "agent": "Trieur & co",
    "slug": "trieur-1a2b",
    "creator": "Atelier Nord",
    "purchase": "0190f0a0-0000-7000-8000-000000000001",
    "sale": "0190f0a0-0000-7000-8000-000000000001",
    "share": 875,
    "is_whole": True,
    "amount": 1250,
    "net": 1250,
    "month": "2026-10-01",
    "contract": "CHENU-0001",
    "declared_at": "2026-11-22T10:14:00+00:00",
    "item": "Pro",
    "tax": 208,
    "paid_at": "2026-11-22T10:15:00+00:00",
    "number": "ABC-0001",
    "document": "in_1",
    "invoice_url": "https://stripe.example/invoice",
    "receipt_url": None,
    "consent_version": "2026-11-01",
    "consent_at": "2026-11-22T10:14:00+00:00",
    "gross": 1250,
    "creator_share": 875,
    "platform_share": 375,
    "reason": "already_owned",
    "is_inquiry": False,
    "key": "Import",
    "prefix": "chenu_live_3fK8aQ",
    "place": "https://github.com/octocat/hello",
    "is_replaced": False,
    "is_review": True,
    "rating": 4,
    "is_acted": True,
    "receipt": "0" * 40,
    "at": "2026-11-22T10:15:00+00:00",
    "plan": "Pro",
    "old_plan": "Starter",
    "next_plan": "Starter",
    "starts_at": "2026-12-15T09:30:00+00:00",
    "price": 2900,
    "interval": "MONTH",
    "renews_at": "2026-12-15T09:30:00+00:00",
    "ends_at": "2026-12-15T09:30:00+00:00",
    "is_trial": False,
    "is_unpaid": True,
    "has_card": False,
    "subject": "Trieur & co",
    "is_key": False,
    "soft": 5000,
    "hard": 6000,
    "used": 5120,
    "percent": 80,
    "budget": 6400,
    "resets_at": "2026-12-15T09:30:00+00:00",
    "attempt": 2,
    "next_attempt_at": "2026-12-18T09:30:00+00:00",
    "base": 1000,
    "bonus": 100,
    "order": "0190f0a0-0000-7000-8000-000000000002",
    "access_grant": "0190f0a0-0000-7000-8000-000000000003",
    "notes": "Reads PDFs.",
    "asks_more": True,
    "tokens": 1100,
    "terms": ["The terms."],
    "terms_version": "2026-11-28",
    "ground": "Quality",
    "facts": "It says already_owned.",
    "is_overturned": True,
    "is_gone": False,
    "target": "https://hooks.example/chenu",
    "endpoint": "019b0c5e-7d51-7c3a-8f1d-2b6a4c9e0f11",
    "decision": "0190f0a0-0000-7000-8000-000000000003",
}
_DAY: dict[Locale, list[str]] = {"en": ["December 15, 2026"], "fr": ["15 décembre 2026"]}
_REASONS: dict[Locale, list[str]] = {
    "en": ["already_owned", "Ground: Quality", "within six months"],
    "fr": ["already_owned", "Motif\u00a0: Quality", "dans les six mois"],
}
WORDS: dict[MailKind, dict[Locale, list[str]]] = {
    MailKind.EMAIL_VERIFY: {"en": ["three days"], "fr": ["trois jours"]},
    MailKind.EMAIL_CHANGE_CONFIRM: {"en": ["new@example.org"], "fr": ["new@example.org"]},
    MailKind.EMAIL_CHANGE_NOTICE: {"en": ["new@example.org"], "fr": ["new@example.org"]},
    MailKind.PASSWORD_RESET: {"en": ["30 minutes"], "fr": ["30 minutes"]},
    MailKind.PASSWORD_CHANGED: {"en": ["just changed"], "fr": ["vient d’être changé"]},
    MailKind.SECOND_FACTOR_OFF: {"en": ["password alone"], "fr": ["que le mot de passe"]},
    MailKind.RECOVERY_CODE_USED: {"en": ["works no more"], "fr": ["ne fonctionne plus"]},
    MailKind.API_KEY_LEAKED: {"en": ["“Import”", "octocat"], "fr": ["Import", "octocat"]},
    MailKind.INVITATION: {"en": ["seven days"], "fr": ["sept jours"]},
    MailKind.SSO_JOIN: {"en": ["one hour"], "fr": ["une heure"]},
    MailKind.MEMBER_REMOVED: {"en": ["Benali SARL"], "fr": ["Benali SARL"]},
    MailKind.OWNER_CHANGED: {"en": ["Benali SARL"], "fr": ["Benali SARL"]},
    MailKind.SUPPORT_ASKED: {"en": ["11:15"], "fr": ["11:15"]},
    MailKind.SUPPORT_ANSWERED: {"en": ["So it goes."], "fr": ["So it goes."]},
    MailKind.RECEIPT: {
        "en": ["€12.50", "€2.08", "2026-11-01", "10:14"],
        "fr": ["12,50\u00a0€", "2,08\u00a0€", "2026-11-01", "10:14"],
    },
    MailKind.PACK_RECEIPT: {
        "en": ["1,100 tokens", "1,000", "€12.50", "€2.08", "The terms.", "2026-11-28"],
        "fr": ["1\u202f100 jetons", "12,50\u00a0€", "2,08\u00a0€", "The terms.", "2026-11-28"],
    },
    MailKind.INVOICE: {
        "en": ["ABC-0001", "€12.50", "€2.08", "attached"],
        "fr": ["ABC-0001", "12,50\u00a0€", "2,08\u00a0€", "jointe"],
    },
    MailKind.PAYMENT_RETURNED: {"en": ["€12.50", "already"], "fr": ["12,50\u00a0€", "déjà"]},
    MailKind.REFUND: {"en": ["€12.50", "ABC-0001"], "fr": ["12,50\u00a0€", "ABC-0001"]},
    MailKind.REFUND_FAILED: {
        "en": ["€12.50", "Trieur & co", "1,100 tokens", "your bank"],
        "fr": ["12,50\u00a0€", "Trieur & co", "1\u202f100 jetons"],
    },
    MailKind.WITHDRAWAL_RECEIVED: {
        "en": ["CHENU-0001", "22 November 2026, 11:14", "new@example.org", "I withdraw"],
        "fr": ["CHENU-0001", "22 novembre 2026, 11:14", "new@example.org", "Je me rétracte"],
    },
    MailKind.WITHDRAWAL_DONE: {"en": ["€12.50", "Pro"], "fr": ["12,50\u00a0€", "Pro"]},
    MailKind.WITHDRAWAL_REFUSED: {"en": ["already_owned"], "fr": ["already_owned"]},
    MailKind.SALE_REFUNDED: {"en": ["€12.50", "€8.75"], "fr": ["12,50\u00a0€", "8,75\u00a0€"]},
    MailKind.DISPUTE_OPENED: {"en": ["€12.50", "bank"], "fr": ["12,50\u00a0€", "banque"]},
    MailKind.DISPUTE_DUE: {"en": ["€12.50", "decides"], "fr": ["12,50\u00a0€", "tranche"]},
    MailKind.DISPUTE_WON: {"en": ["€12.50", "again"], "fr": ["12,50\u00a0€", "de nouveau"]},
    MailKind.DISPUTE_LOST: {"en": ["€12.50", "stays"], "fr": ["12,50\u00a0€", "reste"]},
    MailKind.SALE: {"en": ["€8.75", "€3.75"], "fr": ["8,75\u00a0€", "3,75\u00a0€"]},
    MailKind.FIRST_SALE: {"en": ["€8.75", "first time"], "fr": ["8,75\u00a0€", "première fois"]},
    MailKind.PAYOUT_FAILED: {"en": ["€12.50", "came back"], "fr": ["12,50\u00a0€"]},
    MailKind.AFFILIATE_PAID: {
        "en": ["€12.50", "October 2026", "ABC-0001"],
        "fr": ["12,50\u00a0€", "octobre 2026", "ABC-0001"],
    },
    MailKind.AFFILIATE_PAYOUT_FAILED: {
        "en": ["€12.50", "already_owned", "due again"],
        "fr": ["12,50\u00a0€"],
    },
    MailKind.STATEMENT_READY: {
        "en": ["€12.50", "October 2026", "ABC-0001"],
        "fr": ["12,50\u00a0€", "octobre 2026", "ABC-0001"],
    },
    MailKind.TOKEN_LIMIT: {
        "en": ["5,120", "5,000", "6,000", "December 15, 2026"],
        "fr": ["5\u202f120", "5\u202f000", "6\u202f000", "15 décembre 2026"],
    },
    MailKind.TRIAL_REFUSED: {
        "en": ["Pro", "Nothing was charged"],
        "fr": ["Pro", "Rien n’a été débité"],
    },
    MailKind.REVIEW_WRITTEN: {"en": ["4 stars"], "fr": ["4 étoiles"]},
    MailKind.AGENT_APPROVED: {"en": ["approved"], "fr": ["accepté"]},
    MailKind.AGENT_REJECTED: _REASONS,
    MailKind.AGENT_SUSPENDED: _REASONS,
    MailKind.REVIEW_REMOVED: _REASONS,
    MailKind.REVIEW_RESTORED: {"en": ["already_owned"], "fr": ["already_owned"]},
    MailKind.AGENT_REINSTATED: {"en": ["no longer suspended"], "fr": ["plus suspendu"]},
    MailKind.AFFILIATE_SUSPENDED: {"en": ["CHENU0A1B2C3D"], "fr": ["CHENU0A1B2C3D"]},
    MailKind.AFFILIATE_REINSTATED: {"en": ["count again"], "fr": ["comptent de nouveau"]},
    MailKind.WEBHOOK_OFF: {"en": ["ten times in a row"], "fr": ["dix fois de suite"]},
    MailKind.APPEAL_DECIDED: {"en": ["took the"], "fr": ["annulé"]},
    MailKind.REPORT_RECEIVED: {"en": ["nobody else"], "fr": ["personne d’autre"]},
    MailKind.REPORT_DECIDED: {"en": ["already_owned"], "fr": ["already_owned"]},
    MailKind.EXPORT_READY: {"en": ["seven days"], "fr": ["sept jours"]},
    MailKind.PERSON_DELETED: {"en": ["last mail"], "fr": ["dernier message"]},
    MailKind.WELCOME: {"en": ["nine spheres"], "fr": ["neuf sphères"]},
    MailKind.PLAN_STARTED: _DAY,
    MailKind.PLAN_CHANGED: {"en": ["from Starter to Pro"], "fr": ["de Starter à Pro"]},
    MailKind.PLAN_DOWNGRADED: {"en": ["Nothing was deleted"], "fr": ["Rien n’a été supprimé"]},
    MailKind.PLAN_CHANGE_SCHEDULED: {
        "en": ["December 15, 2026", "paid by the"],
        "fr": ["15 décembre 2026", "payée"],
    },
    MailKind.PLAN_CHANGE_UNDONE: {"en": ["is undone"], "fr": ["est annulé"]},
    MailKind.PLAN_CANCELLED: _DAY,
    MailKind.PLAN_RESUMED: {"en": ["goes on"], "fr": ["continue"]},
    MailKind.AGENT_CANCELLED: _DAY,
    MailKind.AGENT_STOPPED: {
        "en": ["not offered any more", "December 15, 2026"],
        "fr": ["n’est plus proposé", "15 décembre 2026"],
    },
    MailKind.AGENT_RESUMED: {"en": ["goes on"], "fr": ["continue"]},
    MailKind.NEW_VERSION: {
        "en": ["ABC-0001", "until you accept", "may touch more", "Reads PDFs."],
        "fr": ["ABC-0001", "tant que vous", "Reads PDFs."],
    },
    MailKind.AGENT_ENDED: {"en": ["has ended"], "fr": ["a pris fin"]},
    MailKind.AGENT_PAYMENT_FAILED: {
        "en": ["€12.50", "number 2", "December 18, 2026", "https://stripe.example/invoice"],
        "fr": ["12,50\u00a0€", "numéro 2", "18 décembre 2026", "https://stripe.example/invoice"],
    },
    MailKind.TOKENS_USED: {
        "en": ["5,120 of the 6,400 tokens", "December 15, 2026"],
        "fr": ["jetons du budget", "15 décembre 2026"],
    },
    MailKind.PLAN_PAUSED: {"en": ["nothing is charged"], "fr": ["rien n’est débité"]},
    MailKind.PLAN_UNPAUSED: {"en": ["The pause is over"], "fr": ["La pause est terminée"]},
    MailKind.PLAN_ENDED: {"en": ["on Free"], "fr": ["l’offre gratuite"]},
    MailKind.TRIAL_ENDING: {
        "en": ["15 December 2026, 10:30", "€12.50", "no card"],
        "fr": ["15 décembre 2026, 10:30", "12,50\u00a0€", "Aucune carte"],
    },
    MailKind.TRIAL_ENDED: {"en": ["without a card"], "fr": ["sans carte"]},
    MailKind.PAYMENT_FAILED: {
        "en": ["€12.50", "number 2", "December 18, 2026", "https://stripe.example/invoice"],
        "fr": ["12,50\u00a0€", "numéro 2", "18 décembre 2026", "https://stripe.example/invoice"],
    },
}
DECISION = f"{URL}/decisions/0190f0a0-0000-7000-8000-000000000003"
LINKS = {
    MailKind.EMAIL_VERIFY: f"{URL}/email/verify?token=t0ken",
    MailKind.EMAIL_CHANGE_CONFIRM: f"{URL}/email/verify?token=t0ken",
    MailKind.EMAIL_CHANGE_NOTICE: f"{URL}/password/forgot",
    MailKind.PASSWORD_RESET: f"{URL}/password/reset?token=t0ken",
    MailKind.PASSWORD_CHANGED: f"{URL}/password/forgot",
    MailKind.SECOND_FACTOR_OFF: f"{URL}/password/forgot",
    MailKind.RECOVERY_CODE_USED: f"{URL}/password/forgot",
    MailKind.API_KEY_LEAKED: f"{URL}/account#api-keys",
    MailKind.INVITATION: f"{URL}/invitation?token=t0ken",
    MailKind.SSO_JOIN: f"{URL}/sign-in/join?token=t0ken",
    MailKind.MEMBER_REMOVED: f"{URL}/account",
    MailKind.OWNER_CHANGED: f"{URL}/account/members",
    MailKind.SUPPORT_ASKED: f"{URL}/support",
    MailKind.SUPPORT_ANSWERED: f"{URL}/support",
    MailKind.RECEIPT: f"{URL}/library",
    MailKind.INVOICE: f"{URL}/account/invoices",
    MailKind.PAYMENT_RETURNED: f"{URL}/account#purchases",
    MailKind.REFUND: f"{URL}/account/invoices",
    MailKind.REFUND_FAILED: f"{URL}/support",
    MailKind.WITHDRAWAL_RECEIVED: f"{URL}/support",
    MailKind.WITHDRAWAL_DONE: f"{URL}/account/invoices",
    MailKind.WITHDRAWAL_REFUSED: f"{URL}/account/plan",
    MailKind.SALE_REFUNDED: f"{URL}/creator/sales/0190f0a0-0000-7000-8000-000000000001",
    MailKind.DISPUTE_OPENED: f"{URL}/creator/disputes",
    MailKind.DISPUTE_DUE: f"{URL}/creator/disputes",
    MailKind.DISPUTE_WON: f"{URL}/creator#sales",
    MailKind.DISPUTE_LOST: f"{URL}/creator#sales",
    MailKind.SALE: f"{URL}/creator#sales",
    MailKind.FIRST_SALE: f"{URL}/creator/earnings",
    MailKind.PAYOUT_FAILED: f"{URL}/creator/earnings",
    MailKind.AFFILIATE_PAID: f"{URL}/affiliate/statements/ABC-0001",
    MailKind.AFFILIATE_PAYOUT_FAILED: f"{URL}/affiliate",
    MailKind.STATEMENT_READY: f"{URL}/creator/earnings#statements",
    MailKind.TOKEN_LIMIT: f"{URL}/account/token-limits",
    MailKind.TRIAL_REFUSED: f"{URL}/account/plan",
    MailKind.REVIEW_WRITTEN: f"{URL}/agents/trieur-1a2b/reviews",
    MailKind.AGENT_APPROVED: f"{URL}/agents/trieur-1a2b",
    MailKind.AGENT_REJECTED: DECISION,
    MailKind.AGENT_SUSPENDED: DECISION,
    MailKind.REVIEW_REMOVED: DECISION,
    MailKind.REVIEW_RESTORED: f"{URL}/agents/trieur-1a2b/reviews",
    MailKind.APPEAL_DECIDED: DECISION,
    MailKind.AFFILIATE_SUSPENDED: f"{URL}/support",
    MailKind.AFFILIATE_REINSTATED: f"{URL}/affiliate",
    MailKind.WEBHOOK_OFF: f"{URL}/account/webhooks/019b0c5e-7d51-7c3a-8f1d-2b6a4c9e0f11",
    MailKind.AGENT_REINSTATED: f"{URL}/agents/trieur-1a2b",
    MailKind.REPORT_RECEIVED: f"{URL}/reports/{'0' * 40}",
    MailKind.REPORT_DECIDED: f"{URL}/reports/{'0' * 40}",
    MailKind.EXPORT_READY: f"{URL}/account/privacy",
    MailKind.PERSON_DELETED: f"{URL}/sign-up",
    MailKind.WELCOME: f"{URL}/agents",
    MailKind.PLAN_STARTED: f"{URL}/account/plan",
    MailKind.PLAN_CHANGED: f"{URL}/account/plan",
    MailKind.PLAN_DOWNGRADED: f"{URL}/account",
    MailKind.PLAN_CHANGE_SCHEDULED: f"{URL}/account/plan",
    MailKind.PLAN_CHANGE_UNDONE: f"{URL}/account/plan",
    MailKind.PLAN_CANCELLED: f"{URL}/account/plan",
    MailKind.PLAN_RESUMED: f"{URL}/account/plan",
    MailKind.PLAN_PAUSED: f"{URL}/account/plan",
    MailKind.PLAN_UNPAUSED: f"{URL}/account/plan",
    MailKind.PLAN_ENDED: f"{URL}/pricing",
    MailKind.TRIAL_ENDING: f"{URL}/account/plan",
    MailKind.TRIAL_ENDED: f"{URL}/pricing",
    MailKind.PAYMENT_FAILED: f"{URL}/account/plan",
    MailKind.AGENT_CANCELLED: f"{URL}/library",
    MailKind.AGENT_STOPPED: f"{URL}/agents",
    MailKind.AGENT_RESUMED: f"{URL}/library",
    MailKind.NEW_VERSION: f"{URL}/library/0190f0a0-0000-7000-8000-000000000003/update",
    MailKind.AGENT_ENDED: f"{URL}/agents/trieur-1a2b",
    MailKind.AGENT_PAYMENT_FAILED: f"{URL}/library",
    MailKind.PACK_RECEIPT: f"{URL}/tokens",
    MailKind.TOKENS_USED: f"{URL}/tokens/packs/pack_1k",
}

TO_UNPROVED = {
    MailKind.EMAIL_VERIFY,
    MailKind.EMAIL_CHANGE_CONFIRM,
    MailKind.INVITATION,
    MailKind.WELCOME,
    MailKind.REPORT_RECEIVED,
    MailKind.REPORT_DECIDED,
}
"""To an address that nobody has proved, or somebody just now: no name in it."""


def compose(kind: MailKind, locale: Locale, **changes: Any) -> EmailMessage:
    consent = consent_text(locale)
    params = {**PARAMS, "consent": [consent.immediate_supply, consent.withdrawal], **changes}
    row = MailRow(
        id=UUID(int=1),
        business_key=f"test:{kind}",
        kind=kind,
        to_address="someone@example.org",
        locale=locale,
        params=msgspec.json.encode(params).decode(),
        state="QUEUED",
        attempts=0,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    attached = Attachment("invoice.pdf", PDF) if kind is MailKind.INVOICE else None
    sender = "CHE·NU <no-reply@chenu.example>"
    return compose_mail(row, sender=sender, public_url=URL, secret=b"s" * 32, attached=attached)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", MailKind)
def test_each_mail_says_what_it_must_and_where_to_go(kind: MailKind, locale: Locale) -> None:
    message = compose(kind, locale)

    plain = part(message, "plain")
    assert 5 < len(message["Subject"]) <= 78
    hello = "Bonjour" if locale == "fr" else "Hello"
    assert plain.startswith(f"{hello}," if kind in TO_UNPROVED else f"{hello} Inès")
    assert LINKS[kind] in plain
    for words in WORDS[kind][locale]:
        assert words in plain
    assert "{" not in plain
    assert "%(" not in plain


@pytest.mark.parametrize("locale", LOCALES)
def test_a_receipt_repeats_both_sentences_of_the_consent(locale: Locale) -> None:
    plain = part(compose(MailKind.RECEIPT, locale), "plain")

    consent = consent_text(locale)
    folded = " ".join(plain.split())
    assert consent.immediate_supply in folded
    assert consent.withdrawal in folded
    assert "https://stripe.example/invoice" in plain


def test_an_invoice_is_attached_as_a_pdf() -> None:
    [attached] = compose(MailKind.INVOICE, "en").iter_attachments()

    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "invoice.pdf"
    assert attached.get_content() == PDF


def test_a_free_agent_has_no_price_to_thank_for() -> None:
    message = compose(MailKind.RECEIPT, "en", amount=0, tax=0, invoice_url=None)

    assert message["Subject"].startswith("In your library")
    assert "Invoice" not in part(message, "plain")


@pytest.mark.parametrize("reason", ["already_owned", "another_purchase", "agent_stopped"])
def test_a_returned_payment_says_why(reason: str) -> None:
    texts = {
        part(compose(MailKind.PAYMENT_RETURNED, "en", reason=each), "plain")
        for each in ("already_owned", "another_purchase", "agent_stopped")
    }

    assert len(texts) == 3
    assert part(compose(MailKind.PAYMENT_RETURNED, "en", reason=reason), "plain") in texts


def test_names_are_no_html() -> None:
    html = part(compose(MailKind.SALE, "en"), "html")

    assert "<b>" not in html
    assert "Trieur &amp; co" in html
