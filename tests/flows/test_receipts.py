"""What is mailed about a sale: to the buyer with the words they agreed to, and to the creator."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from chenu.agents.consent import CURRENT_VERSION, consent_text
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow
from chenu.core import db
from chenu.core.i18n import LOCALES, Locale
from chenu.core.mail import MailRow
from chenu.flows.services import Services
from chenu.jobs.mail_text import compose_mail
from tests.flows.sales import (
    Market,
    open_market,
    open_quiet_market,
    pay_for,
    report,
    start_buying,
)


async def get_mail(kind: str) -> MailRow:
    """The one mail of the kind."""
    sql = """
        SELECT id, business_key, kind, to_address, locale, params::text AS params, state, attempts,
            created_at
        FROM outbox_mail WHERE kind = $1
    """
    [mail] = await db.fetch_all(MailRow, sql, kind)
    return mail


def params_of(mail: MailRow) -> dict[str, Any]:
    return msgspec.json.decode(mail.params, type=dict[str, Any])


async def sell(services: Services, locale: Locale = "fr") -> tuple[Market, PurchaseRow]:
    market = await open_market(services)
    purchase = await start_buying(services, market.buyer, market.agent, locale=locale)
    assert await pay_for(purchase) == 303
    return market, (await report(services, purchase)).purchase


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_receipt_repeats_what_was_agreed_to_when_and_in_which_version(
    services: Services, locale: Locale
) -> None:
    market, purchase = await sell(services, locale)

    mail = await get_mail("RECEIPT")
    said = params_of(mail)
    consent = consent_text(locale)
    assert (mail.to_address, mail.locale) == (market.buyer.email, locale)
    assert said["consent"] == [consent.immediate_supply, consent.withdrawal]
    assert said["consent_version"] == CURRENT_VERSION
    assert datetime.fromisoformat(said["consent_at"]) == purchase.consent_at


async def test_the_receipt_names_what_was_paid_and_where_the_papers_are(
    services: Services,
) -> None:
    _, purchase = await sell(services)

    said = params_of(await get_mail("RECEIPT"))
    [payment] = await list_payments([purchase.id])
    assert (said["amount"], said["tax"]) == (999, 0)
    assert said["purchase"] == str(purchase.id)
    assert purchase.paid_at is not None
    assert datetime.fromisoformat(said["paid_at"]) == purchase.paid_at
    assert (said["invoice_url"], said["receipt_url"]) == (payment.invoice_url, payment.receipt_url)
    assert said["invoice_url"].startswith("http")


async def test_the_creator_is_informed_every_cent_and_nothing_of_the_buyer(
    services: Services,
) -> None:
    market, _ = await sell(services)

    mail = await get_mail("SALE")
    said = params_of(mail)
    assert mail.to_address == market.creator.email
    assert (said["gross"], said["creator_share"], said["platform_share"]) == (999, 700, 299)
    assert market.buyer.email not in mail.params


async def test_a_free_agent_s_receipt_has_the_consent_and_no_papers(services: Services) -> None:
    market = await open_quiet_market(services, price=0)

    await start_buying(services, market.buyer, market.agent)

    said = params_of(await get_mail("RECEIPT"))
    assert (said["amount"], said["invoice_url"], said["receipt_url"]) == (0, None, None)
    assert said["consent_version"] == CURRENT_VERSION


@pytest.mark.parametrize("kind", ["RECEIPT", "SALE"])
async def test_what_the_sale_wrote_is_all_that_its_mails_need(
    services: Services, kind: str
) -> None:
    """Templates are strict: a value that is missing would raise."""
    await sell(services)

    message = compose_mail(
        await get_mail(kind),
        sender="CHE·NU <a@chenu.example>",
        public_url="https://chenu.example",
        secret=b"s" * 32,
    )

    assert "9,99" in str(message.get_body(("plain",)))
