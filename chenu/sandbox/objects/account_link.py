"""Links to hosted onboarding, and what its outcomes change."""

from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.thin_events import emit_thin
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import announce_v1, get_account, set_status
from chenu.sandbox.objects.bank_account import add_bank_account

_REVIEW = 3600
"""Seconds of the clock."""

OUTCOMES = {
    "complete": "active",
    "complete_with_review": "pending",
    "reject": "rejected",
}


def find_link(unit: UnitOfWork, token: str) -> Record | None:
    return unit.store.find("v2.core.account_link", token, PLATFORM)


def is_stale(unit: UnitOfWork, link: Record) -> bool:
    return bool(link.internal["state"] == "used" or unit.now >= link.internal["expires_at"])


def finish(unit: UnitOfWork, link: Record, choice: str) -> str:
    """Use the link; returns the URL to go back to. `choice`: one of OUTCOMES, or `leave`."""
    link.internal["state"] = "used"
    unit.save(link)
    if choice in OUTCOMES:
        account = get_account(unit, link.body["account"])
        if choice != "reject":
            add_bank_account(unit, account)
            account.internal["onboarded"] = True
        set_status(unit, account, OUTCOMES[choice])
        unit.save(account)
        if choice == "complete_with_review":
            unit.schedule(unit.now + _REVIEW, "review_account", account.id)
        emit_thin(
            unit,
            "v2.core.account_link.returned",
            related=None,
            account=account.id,
            data={
                "account_id": account.id,
                "configurations": ["recipient"],
                "use_case": "account_onboarding",
            },
        )
        announce_v1(unit, account)
    return str(link.internal["return_url"])


@task("review_account")
def _pass_review(unit: UnitOfWork, account_id: str) -> None:
    account = get_account(unit, account_id)
    if account.internal["status"] == "pending":
        set_status(unit, account, "active")
        announce_v1(unit, account)
