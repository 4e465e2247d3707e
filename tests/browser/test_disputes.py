"""A bank that takes a payment back, in a browser: what the agent's creator sees, does and reads."""

import re

import pytest
from playwright.async_api import Locator

from chenu.demo.dispute_acts import FRAUDULENT, NOT_RECEIVED
from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS

REASONS = {
    FRAUDULENT: "quelqu’un d’autre a payé avec la carte",
    NOT_RECEIVED: "n’avoir rien reçu",
}


async def buy_with(visitor: Visitor, slug: str, card: str) -> None:
    """The bank asks for the money back as soon as it is paid."""
    await visitor.sign_in("business")
    await visitor.order(slug)
    await visitor.pay(card)
    await visitor.page.wait_for_url("**/purchases/**")
    await visitor.page.wait_for_selector(".state-disputed, .state-paid")


async def find_row(visitor: Visitor, name: str, pill: str) -> Locator:
    """Of the creator's page of disputes; looks again until a webhook has brought it there."""
    row = visitor.page.locator(f"li.row:has(.pill-{pill})").filter(has_text=name)
    for _ in range(100):
        await visitor.go("/creator/disputes")
        if await row.count():
            break
        await visitor.page.wait_for_timeout(100)
    return row


@pytest.mark.parametrize(
    ("slug", "name", "card", "evidence", "pill", "result"),
    [
        (
            "controle-factur-x",
            "Contrôle Factur-X",
            FRAUDULENT,
            "winning_evidence",
            "won",
            "Gagnée",
        ),
        (
            "rapport-d-intervention",
            "Rapport d’intervention",
            NOT_RECEIVED,
            "losing_evidence",
            "lost",
            "Perdue",
        ),
    ],
    ids=["won", "lost"],
)
async def test_a_creator_answers_the_bank_and_reads_what_it_decided(
    visitor: Visitor, slug: str, name: str, card: str, evidence: str, pill: str, result: str
) -> None:
    await buy_with(visitor, slug, card)
    await visitor.sign_out()
    await visitor.sign_in("creator")

    row = await find_row(visitor, name, "needs-response")
    assert REASONS[card] in await row.inner_text()
    assert re.search(r"attend votre réponse jusqu’au \d", await row.inner_text())
    assert await visitor.accessibility_faults() == []
    await row.locator("[name=text]").fill(f"Utilisé le jour de l’achat : {evidence}")
    await row.locator("form button").click()
    await visitor.page.wait_for_url("**notice=evidence")

    decided = await find_row(visitor, name, pill)
    assert result in await decided.locator(".pill").inner_text()
    assert evidence in await decided.locator("blockquote").inner_text()
    assert await decided.locator("form").count() == 0
    assert await visitor.accessibility_faults() == []
