"""`chenu ledger check` and `chenu reconcile`: the books against their rules and against Stripe."""

from datetime import UTC, datetime, timedelta

import click

from chenu.cli_findings import show_finding
from chenu.core.business_clock import follow_clock
from chenu.core.clock import business_now
from chenu.core.errors import ProviderUnavailable
from chenu.core.logs import configure_logs
from chenu.flows.composition import open_services
from chenu.flows.invariants import check_everything
from chenu.flows.reconciliation import Reconciliation, reconcile
from chenu.ledger.findings import record_findings
from chenu.settings import Settings

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def check(settings: Settings) -> int:
    """The exit status: 1 when an invariant is violated."""
    async with open_services(settings, "chenu-ledger") as services:
        findings = await check_everything(services, _EVER)
        await record_findings(findings)
    for finding in findings:
        show_finding(finding)
    return 0 if all(finding.ok for finding in findings) else 1


async def reconcile_days(settings: Settings, days: int) -> int:
    """The exit status: 1 when something differs or an event fails, 2 without an answer."""
    configure_logs(settings.log_level)
    async with open_services(settings, "chenu-reconcile") as services:
        await follow_clock(settings)
        try:
            done = await reconcile(services, business_now() - timedelta(days=days))
        except ProviderUnavailable:
            click.echo("Stripe did not answer: nothing is lost, try again", err=True)
            return 2
    _report(done)
    return 0 if done.ok else 1


def _report(done: Reconciliation) -> None:
    click.echo(f"events that had not arrived: {done.found}")
    for event in done.failing:
        click.echo(f"  fails: {event.id} {event.type} of {event.object_id}")
    click.echo(f"operations still open: {len(done.open_operations)} (chenu operation list)")
    show_finding(done.balance)
