"""The control room: what the sandbox holds, and forms for everything that can be done to it."""

from dataclasses import asdict

from litestar import Response, Router, get

from chenu.sandbox.engine.faults import Effect
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM
from chenu.sandbox.objects.account import STATUSES
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.cards import DECLINES
from chenu.sandbox.pages.control_clock import CLOCK_HANDLERS, clock_state, list_deliveries
from chenu.sandbox.pages.control_disputes import (
    DISPUTE_HANDLERS,
    list_charges,
    list_disputes,
)
from chenu.sandbox.pages.control_faults import FAULT_HANDLERS
from chenu.sandbox.pages.control_payloads import refuse_other_sites
from chenu.sandbox.pages.control_snapshots import SNAPSHOT_HANDLERS, list_snapshots
from chenu.sandbox.pages.control_subscriptions import SUBSCRIPTION_HANDLERS
from chenu.sandbox.pages.control_test_clocks import TEST_CLOCK_HANDLERS
from chenu.sandbox.pages.rendering import render
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox

_SHOWN = 20
_STEPS = ("PT1H", "P1D", "P7D", "P14D", "P30D")


@get("/", sync_to_thread=False)
def show_room(request: HttpRequest) -> Response[str]:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    events = sandbox.store.select("event", None, limit=_SHOWN)
    return render(
        "control_room.html",
        clock=clock_state(sandbox),
        steps=_STEPS,
        counts=_counts(sandbox),
        balance=read_balance(sandbox.store, PLATFORM),
        accounts=_accounts(sandbox),
        statuses=STATUSES,
        events=[event.body for event in events],
        charges=list_charges(sandbox),
        disputes=list_disputes(sandbox),
        deliveries=list_deliveries(sandbox, _SHOWN),
        modes=asdict(sandbox.queue.modes),
        faults=[rule.to_json() for rule in sandbox.faults.rules],
        effects=list(Effect),
        snapshots=list_snapshots(sandbox),
        outcomes=("succeeded", *DECLINES),
    )


def _counts(sandbox: Sandbox) -> list[tuple[str, int]]:
    rows = sandbox.store.execute("SELECT kind, COUNT(*) FROM objects GROUP BY kind ORDER BY kind")
    return [(kind, count) for kind, count in rows]


def _accounts(sandbox: Sandbox) -> list[Json]:
    return [
        {
            "id": account.id,
            "name": account.body["display_name"] or account.body["contact_email"] or account.id,
            "status": account.internal["status"],
            "balance": read_balance(sandbox.store, account.id),
        }
        for account in sandbox.store.select("v2.core.account", PLATFORM, limit=_SHOWN)
    ]


router = Router(
    "/_sandbox",
    route_handlers=[
        show_room,
        *CLOCK_HANDLERS,
        *DISPUTE_HANDLERS,
        *FAULT_HANDLERS,
        *SNAPSHOT_HANDLERS,
        *SUBSCRIPTION_HANDLERS,
        *TEST_CLOCK_HANDLERS,
    ],
    before_request=refuse_other_sites,
)
