"""The `chenu` command. Every command but `demo` finds a running demo through CHENU_DATA."""

import gc
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from chenu.cli_archive_commands import archive
from chenu.cli_backup_commands import backup, restore
from chenu.cli_graphql import graphql
from chenu.cli_operation_commands import operation
from chenu.cli_running import data_folder, fail, load_settings, run
from chenu.mcp_server.command import mcp
from chenu.settings import Settings

_RARELY = (50_000, 20, 10)
"""Garbage is looked for less often than by default: imports, a fifth faster so, make none."""


@click.group(commands=[mcp, operation, backup, restore, archive, graphql])
def main() -> None:
    """CHE·NU: monetization backend and agent marketplace."""
    gc.set_threshold(*_RARELY)


@main.command()
@click.option("--port", default=8000, show_default=True, help="0 takes a free one")
@click.option("--fresh", is_flag=True, help="forget the data of earlier runs")
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a file of `chenu demo-history`; default: the one of this version",
)
@click.option("--sso", is_flag=True, help="with an identity provider, fetched by npm once")
def demo(port: int, fresh: bool, history: Path | None, sso: bool) -> None:
    """The whole product with engines, sandbox and sample data; Ctrl-C ends all of it."""
    from chenu.demo.history import FILE
    from chenu.demo.supervisor import run_demo

    begun = run_demo(data_folder(), port=port, fresh=fresh, history=history or FILE, sso=sso)
    sys.exit(begun)


@main.command("demo-history")
@click.option("--to", type=click.Path(path_type=Path), help="default: the file of this version")
@click.option("--days", type=click.FloatRange(1, 730), help="only that many of its first days")
@click.option("--subscribers", type=int, help="only the first of them, in a store that never opens")
@click.option("--ends", type=click.DateTime(["%Y-%m-%d"]), help="UTC; default: today")
def demo_history(
    to: Path | None, days: float | None, subscribers: int | None, ends: datetime | None
) -> None:
    """Make the file with which demos begin: two years of its customers, lived in an hour."""
    from chenu.demo.lives import choose_lives
    from chenu.demo.record import run_recording

    sys.exit(run_recording(to, choose_lives(days, subscribers), ends))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """The web process: storefront, GraphQL and webhooks."""
    from chenu.core.logs import configure_logs
    from chenu.http.server import PortTaken, claim_port

    settings = load_settings()
    configure_logs(settings.log_level)
    try:
        claim = claim_port(host, port)
    except PortTaken as error:
        fail(str(error))
    run(_serve(settings, claim))


async def _serve(settings: Settings, claim: Any) -> None:
    gc.disable()  # until everything is there: looking through what stays took its time in vain
    from chenu.app import create_app
    from chenu.availability.announcing import announcing
    from chenu.availability.own_url import find_own_url
    from chenu.core import tracing
    from chenu.core.i18n import read_catalogues
    from chenu.flows.composition import open_services
    from chenu.http.server import serve as serve_app
    from chenu.http.server import spare_garbage_collection
    from chenu.metering.storing import storing

    with tracing.recording(settings.traces, "chenu-web"):
        opened = open_services(settings, "chenu-web", reads_replica=True)
        async with opened as services, storing(services.limiter):
            app = create_app(services)
            spare_garbage_collection()
            url = settings.web_address or find_own_url(claim, settings.session_url)
            async with announcing(url, services.status, settings.sample_seconds):
                await serve_app(app, claim, settings.limits, read_catalogues)


@main.command()
@click.option("--ready-file", type=click.Path(path_type=Path), help="touched once jobs are worked")
def worker(ready_file: Path | None) -> None:
    """The worker process: webhooks, transfers, mails, repair."""
    from chenu.core.logs import configure_logs
    from chenu.jobs.worker import run_worker
    from storefront.affiliate_statement import StatementPdfs

    settings = load_settings()
    configure_logs(settings.log_level)
    run(run_worker(settings, StatementPdfs(settings.company).make, ready=ready_file))


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema; one at a time, while older code serves."""
    from chenu.core.logs import configure_logs
    from chenu.core.migrations import apply_migrations

    settings = load_settings()
    configure_logs(settings.log_level)

    async def apply() -> None:
        applied = await apply_migrations(settings.session_url)
        click.echo(f"{len(applied)} migrations applied" if applied else "nothing to migrate")

    run(apply())


@main.command("bootstrap-stripe")
def bootstrap() -> None:
    """Stripe's products, prices, webhook endpoints and coupons; a second run changes nothing."""
    from chenu.billing.gateway import StripeRefusal
    from chenu.billing.stripe_catalogue import StripeCatalogue
    from chenu.core.business_clock import follow_clock
    from chenu.flows.composition import EVENTS, open_services
    from chenu.flows.coupons.campaigns import put_campaigns
    from chenu.flows.mirrors.bootstrap import bootstrap_stripe

    async def apply() -> None:
        settings = load_settings()
        stripe = StripeCatalogue(settings.stripe)
        try:
            outcomes = await bootstrap_stripe(stripe, settings.public_url, EVENTS)
        except StripeRefusal as refusal:
            fail(f"Stripe refused: {refusal} ({refusal.code})")
        finally:
            await stripe.close()
        async with open_services(settings, "chenu-bootstrap") as services:
            await follow_clock(settings)
            outcomes += await put_campaigns(services)
        for outcome in outcomes:
            secret = f"  signing secret, shown once: {outcome.secret}" if outcome.secret else ""
            click.echo(f"{outcome.result:<9} {outcome.what}{secret}")
        if settings.stripe.api_base is None:
            click.echo("live accounts: switch on sequential invoice numbering across the account")

    run(apply())


@main.group()
def ledger() -> None:
    """The books."""


@ledger.command("check")
def ledger_check() -> None:
    """Print each invariant; exit status 1 when one is violated."""
    from chenu.cli_books import check

    run(check(load_settings()))


@main.group()
def analytics() -> None:
    """Revenue: movements of MRR and their sums."""


@analytics.command("rebuild")
@click.option("--write", is_flag=True, help="replace what differs, in one transaction")
def analytics_rebuild(write: bool) -> None:
    """Compute movements and sums anew from the history; status 1 when something differs."""
    from chenu.cli_analytics import rebuild

    run(rebuild(load_settings(), write=write))


@main.group()
def scale() -> None:
    """More than one machine."""


@scale.command("plan")
@click.option("--json", "is_json", is_flag=True, help="for programs")
def scale_plan(is_json: bool) -> None:
    """Where each table's rows would be on several PostgreSQL nodes; status 1 for one unanswered."""
    from chenu.cli_scale import plan

    run(plan(load_settings(), is_json=is_json))


@main.command("reconcile")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True)
def reconcile(days: int) -> None:
    """Fetch and follow what Stripe has and we lack; status 1 when its balance differs from ours.

    Stripe lists its events for 30 days, its balance for ever.
    """
    from chenu.cli_books import reconcile_days

    run(reconcile_days(load_settings(), days))


@main.group()
def sandbox() -> None:
    """The Stripe sandbox of the running demo."""


@sandbox.command("advance")
@click.argument("duration")
def sandbox_advance(duration: str) -> None:
    """Move business time and the sandbox forward, step by step: `30d`, `12h`, `P14D`."""
    from chenu.demo.advance import advance

    run(advance(load_settings(), duration, click.echo))


@main.group("service-key")
def service_key() -> None:
    """Keys of the CHE·NU apps."""


@service_key.command("create")
@click.argument("name")
@click.option("--reason", default="", help="for the audit trail")
def service_key_create(name: str, reason: str) -> None:
    """Make a key for an app; it is shown once."""
    from chenu.cli_service_key import create

    run(create(load_settings(), name, reason))


@service_key.command("revoke")
@click.argument("prefix")
@click.option("--reason", default="", help="for the audit trail")
def service_key_revoke(prefix: str, reason: str) -> None:
    """Revoke the live keys with this prefix."""
    from chenu.cli_service_key import revoke

    run(revoke(load_settings(), prefix, reason))


@main.command("remove-second-factor")
@click.argument("email")
@click.option("--reason", required=True, help="how you know who it is, for the audit trail")
def remove_second_factor(email: str, reason: str) -> None:
    """Switch it off for somebody who has lost app and recovery codes."""
    from chenu.cli_second_factor import remove

    run(remove(load_settings(), email, reason))


if __name__ == "__main__":
    main()
