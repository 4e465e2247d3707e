"""What waits for people where a demo begins: on the desk, and in a buyer's library."""

import re

import pytest

from tests.demo.programs import open_program, sign_in
from tests.demo.rows import rows_of
from tests.demo.running import RunningDemo

pytestmark = pytest.mark.engines


_CHARGES = """
    SELECT p.gross FROM invoice_payment p JOIN invoice i ON i.id = p.invoice
    JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id
    JOIN account a ON a.id = s.account JOIN app_user u ON u.id = a.owner
    WHERE s.kind = 'API_PLAN' AND u.email LIKE 'business@%'
"""


def read_pages(demo: RunningDemo, role: str, *paths: str) -> list[str]:
    with open_program(demo) as person:
        sign_in(person, demo, role)
        return [person.http.get(path).raise_for_status().text for path in paths]


def test_an_appeal_and_reports_of_an_agent_and_of_a_review_wait_on_the_desk(
    demo: RunningDemo,
) -> None:
    appeals, reports = read_pages(demo, "staff", "/staff/appeals", "/staff/reports")

    assert "Planning de chantier" in appeals
    assert "envoi direct" in appeals
    assert "Délais de procédure" in reports
    assert "2 signalements" in reports
    assert "Un avis sur Contrôle Factur-X" in reports


def test_the_suspended_agent_has_a_statement_of_reasons(demo: RunningDemo) -> None:
    [(decision, status)] = rows_of(
        demo,
        """
        SELECT d.id, a.status FROM moderation_decision d JOIN agent a ON a.id = d.subject
        WHERE a.slug = 'planning-de-chantier'
        """,
    )

    [page] = read_pages(demo, "creator", f"/decisions/{decision}")

    assert status == "SUSPENDED"
    assert "trois acheteurs nous l’ont montré" in page


def test_a_program_has_a_paid_plan_of_the_api_and_calls(demo: RunningDemo) -> None:
    plans, calls = read_pages(demo, "business", "/account/api-plan", "/developers")

    assert "API Basic" in plans
    assert "API Basic" in calls
    assert 'class="chart usage"' in calls
    assert rows_of(demo, _CHARGES) == [(4900,)]


def test_a_buyer_finds_an_update_that_asks_for_more(demo: RunningDemo) -> None:
    with open_program(demo) as person:
        sign_in(person, demo, "business")
        library = person.http.get("/library").text
        [path] = re.findall(r'href="(/library/[0-9a-f-]+/update)"', library)
        update = person.http.get(path).text

    assert "Prépare des brouillons d’e-mail" in update
    assert "mail_draft" in update
    assert "Accepter la version 1.3.0" in update
