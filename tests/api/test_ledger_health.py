"""`staff.ledgerHealth`: the last result of each rule, for finance alone."""

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from chenu.jobs.schedule import RECURRING, run_once
from chenu.ledger.findings import record_findings
from chenu.ledger.invariants import Finding
from tests.api.calls import Api, as_session
from tests.people import make_person
from tests.rows import count
from tests.stripe_side import StripeSide

TASKS = {task.name: task for task in RECURRING}


async def sign_in(client: httpx.AsyncClient, services: Services, *roles: Staff) -> Api:
    return as_session(client, services, await make_person("fin", staff=roles))


async def test_the_worker_checks_and_finance_reads(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    finance = await sign_in(client, services, Staff.FINANCE)
    assert [await run_once(services, TASKS[name]) for name in ("check_books", "check_stripe")] == [
        None,
        None,
    ]
    await record_findings([Finding("I3", "no owned account is below zero", 1, ("account 1",))])

    [first, *others] = (await finance.run("LedgerHealth")).data["staff"]["ledgerHealth"]

    assert (first["name"], first["ok"], first["violations"]) == ("I3", False, 1)
    assert (first["samples"], first["violatedSince"]) == (["account 1"], first["checkedAt"])
    assert {"I1", "I2", "I4", "I5", "I6", "I7", "I8", "I11", "I13", "I14", "I15"} <= {
        each["name"] for each in others
    }
    assert all(each["ok"] and each["violatedSince"] is None for each in others)
    assert await count("audit_event", "subject = 'ledger_health'") == 1


@pytest.mark.parametrize("role", [Staff.SUPPORT, Staff.REVIEWER], ids=str)
async def test_other_staff_is_refused(
    client: httpx.AsyncClient, services: Services, role: Staff
) -> None:
    answer = await (await sign_in(client, services, role)).run("LedgerHealth")

    assert answer.codes == ["FORBIDDEN"]
