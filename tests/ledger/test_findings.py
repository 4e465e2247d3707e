"""The stored results of checks: replaced by later ones, with the time since a rule is broken."""

from datetime import timedelta

from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.ledger.findings import list_findings, record_findings
from chenu.ledger.invariants import Finding
from tests.rows import put

HOLDS = Finding("I3", "no debt", 0, ())
BROKEN = Finding("I3", "no debt", 2, ("account 1", "account 2"))


async def test_a_rule_is_broken_since_the_first_check_that_found_it(services: Services) -> None:
    await record_findings([BROKEN, Finding("I1", "sums to zero", 0, ())])
    await put("ledger_finding", "violated_since", long_ago := system_now() - timedelta(days=2))
    await record_findings([BROKEN])

    [broken, other] = await list_findings()

    assert (broken.name, broken.violations, broken.samples) == ("I3", 2, ["account 1", "account 2"])
    assert broken.violated_since == long_ago
    assert (other.name, other.ok) == ("I1", True)


async def test_a_rule_that_holds_again_is_broken_no_more(services: Services) -> None:
    for findings in ([BROKEN], [HOLDS]):
        await record_findings(findings)

    [found] = await list_findings()

    assert (found.ok, found.samples, found.violated_since) == (True, [], None)


async def test_a_check_that_ended_later_stays(services: Services) -> None:
    await record_findings([HOLDS])
    await put("ledger_finding", "checked_at", system_now() + timedelta(minutes=1))
    await record_findings([BROKEN])

    [found] = await list_findings()

    assert found.ok
