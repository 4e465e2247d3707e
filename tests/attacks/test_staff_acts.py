"""Whatever staff do is in the audit trail, with the reason: every form, every mutation."""

from dataclasses import dataclass

import httpx
import pytest

from chenu.accounts.staff_acts import StaffAct
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu_graphql import permissions
from chenu_graphql.policies import find_field_policy
from storefront.access import Access
from storefront.act_words import STAFF_ACTS
from tests.api.calls import as_session
from tests.api.dummies import mutations
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import ROUTES, WRITES, Route, ask, csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.people import sign_in_again
from tests.rows import put
from tests.storefront.html import Form, PageReader

DESKS = set(Access) - {Access.PUBLIC, Access.SIGNED_IN}
STAFF_FORMS = [route for route in WRITES if route.access in DESKS]
_RULES = {
    permissions.STAFF,
    permissions.REVIEWER,
    permissions.FINANCE,
    permissions.SUPPORT,
}
_TEXTS = 'textFr: "On cherche.", textEn: "We look."'
_TITLES = 'titleFr: "Travaux", titleEn: "Works"'

MUTATIONS = {
    "agentReviewDecide": 'input: {agentId: "%(agent)s", approve: true, reason: "Read."}',
    "agentSuspend": 'input: {agentId: "%(agent)s", reason: "Unsafe.", ground: SECURITY}',
    "agentReinstate": 'input: {agentId: "%(agent)s", reason: "Mended."}',
    "couponCreate": (
        'input: {code: "ACTS10", percentOff: 10, duration: ONCE, reason: "Trade fair."}'
    ),
    "couponDeactivate": 'code: "ACTS10", reason: "Over."',
    "acquisitionCostRecord": (
        'input: {month: "2026-01-01", channel: "search", amountMinor: 100, reason: "Invoice."}'
    ),
    "affiliatePayoutRun": (
        'input: {month: "2026-01-01", dryRun: false, idempotencyKey: "run", reason: "Late."}'
    ),
    "incidentOpen": (
        f'input: {{{_TITLES}, {_TEXTS}, beganAt: "2026-01-01T00:00:00Z", reason: "It is seen."}}'
    ),
    "incidentUpdate": (
        f'input: {{incidentId: "%(incident)s", {_TEXTS}, resolves: true, reason: "Mended."}}'
    ),
    "maintenanceAnnounce": (
        f'input: {{{_TITLES}, startsAt: "2126-01-01T00:00:00Z", endsAt: "2126-01-01T01:00:00Z",'
        ' reason: "A disk."}'
    ),
    "maintenanceEnd": 'input: {maintenanceId: "%(maintenance)s", reason: "Not needed."}',
    "slaCreditRefuse": ('input: {contractId: "%(contract)s", month: "2026-01-31", reason: "No."}'),
    "slaRefusalTakeBack": (
        'input: {contractId: "%(contract)s", month: "2026-01-31", reason: "It was ours."}'
    ),
    "slaCreditConfirm": ('input: {contractId: "%(contract)s", month: "2026-01-31", reason: "§ 7"}'),
}
"""Mutations that are for staff alone, with arguments that pass."""


_STATUS = {"suspend": "PUBLISHED", "reinstate": "SUSPENDED"}
"""What the agent must be for the form to pass."""


@dataclass(frozen=True)
class _Act:
    action: str
    reason: str | None


async def _acts() -> list[_Act]:
    sql = """
        SELECT action, detail->>'reason' AS reason FROM audit_event WHERE by_staff ORDER BY id
    """
    return await db.fetch_all(_Act, sql)


@pytest.fixture
async def cast(client: httpx.AsyncClient, services: Services) -> Cast:
    return await gather_cast(services, client)


async def _send(
    http: httpx.AsyncClient, services: Services, cast: Cast, world: World, route: Route
) -> int:
    status = _STATUS.get(route.path.rpartition("/")[2], "PENDING_REVIEW")
    await put("agent", "status", status, "id = $2", world.rows["draft"])
    await put("agent", "submitted_at", system_now(), "id = $2", world.rows["draft"])
    draft = "SELECT submitted_at FROM agent WHERE id = $1"
    moment = await db.fetch_value(draft, world.rows["draft"])
    # an agent is taken off the home page: of the draft's address
    sql = """
        INSERT INTO featured_agent (id, agent, place, starts_at, created_at)
        VALUES ($1, $2, 1, now(), now()) ON CONFLICT DO NOTHING
    """
    await db.execute(sql, new_id(), world.rows["draft"])
    # the statement is decided by one form and then by the other
    await put("withdrawal_statement", "state", "WAITING", "id = $2", world.rows["statement"])
    standing = "SUSPENDED" if route.path.endswith("/reinstate") else "ACTIVE"
    await put("affiliate", "status", standing, "id = $2", world.rows["affiliate"])
    state = "HELD" if route.path.endswith("/release") else "BOUND"
    await put("referral", "state", state, "id = $2", world.rows["referral"])
    filled = filled_forms(world, moment.isoformat())[route.path]
    person = cast.named(filled.by).person
    assert person is not None
    person = await sign_in_again(person.user_id, person.email)
    form = {**filled.fields, "csrf_token": csrf_of(services, person)}
    answer = await ask(http, route, world, session_headers(services, person), form)
    return answer.status_code


async def test_every_form_of_staff_is_recorded_with_its_reason(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    world = await build_world(services, cast)
    unrecorded = []

    for route in STAFF_FORMS:
        before = len(await _acts())
        status = await _send(client, services, cast, world, route)
        added = (await _acts())[before:]
        if status != 303 or len(added) != 1 or not added[0].reason:
            unrecorded.append(f"{route}: {status}, {added}")

    assert len(STAFF_FORMS) >= 16
    assert unrecorded == []


async def test_no_form_of_staff_passes_without_a_reason(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    world = await build_world(services, cast)
    person = cast.named("admin").person
    assert person is not None
    form = {"csrf_token": csrf_of(services, person)}
    headers = session_headers(services, person)
    before = await _acts()

    passed = [
        str(route)
        for route in STAFF_FORMS
        if (await ask(client, route, world, headers, form)).status_code < 400
    ]

    assert passed == []
    assert await _acts() == before


async def test_every_form_on_a_page_of_staff_asks_for_the_reason(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    world = await build_world(services, cast)
    person = cast.named("admin").person
    assert person is not None
    headers = session_headers(services, person)
    asking, silent = set(), []

    for route in ROUTES:
        if route.method != "GET" or route.access not in DESKS:
            continue
        page = PageReader((await ask(client, route, world, headers)).text)
        for form in page.forms:
            if form.method == "post" and form.action.startswith("/staff/"):
                asking.add(form.action)
                silent += [] if _reason_of(form) in form.names() else [f"{route}: {form.action}"]
        silent += [
            f"{route}: {field.attributes['name']} may be left out"
            for field in (*page.find("input"), *page.find("textarea"))
            if field.attributes.get("name") == "reason" and "required" not in field.attributes
        ]

    assert len(asking) >= 20
    assert silent == []


def _reason_of(form: Form) -> str:
    """Of a fraud warning the decision is written down, which is why it was taken."""
    return "decision" if form.action.startswith("/staff/warnings/") else "reason"


def test_every_mutation_of_staff_is_in_the_list() -> None:
    found = set()
    for name, each in mutations().items():
        policy = find_field_policy(each)
        if policy is not None and policy.allow in _RULES:
            found.add(name)

    assert found == set(MUTATIONS)


async def test_every_mutation_of_staff_is_recorded_with_its_reason(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    world = await build_world(services, cast)
    admin = cast.named("admin").person
    assert admin is not None
    api = as_session(client, services, admin)
    await put("agent", "status", "PENDING_REVIEW", "id = $2", world.rows["draft"])
    before = len(await _acts())
    ids = {
        "agent": world.node_id("draft"),
        "incident": world.node_id("incident"),
        "maintenance": world.node_id("maintenance"),
        "contract": world.node_id("ended contract"),
    }

    for name, arguments in MUTATIONS.items():
        filled = arguments % ids
        await api.send(f"mutation {{ {name}({filled}) {{ userErrors {{ message }} }} }}")

    assert [(act.action, bool(act.reason)) for act in (await _acts())[before:]] == [
        (StaffAct.AGENT_APPROVE, True),
        (StaffAct.AGENT_SUSPEND, True),
        (StaffAct.AGENT_REINSTATE, True),
        (StaffAct.COUPON_CREATE, True),
        (StaffAct.COUPON_DEACTIVATE, True),
        (StaffAct.ACQUISITION_COST_RECORD, True),
        (StaffAct.AFFILIATE_PAYOUT_RUN, True),
        (StaffAct.INCIDENT_OPEN, True),
        (StaffAct.INCIDENT_RESOLVE, True),
        (StaffAct.MAINTENANCE_ANNOUNCE, True),
        (StaffAct.MAINTENANCE_END, True),
        (StaffAct.CONTRACT_CREDIT_REFUSE, True),
        (StaffAct.CONTRACT_CREDIT_TAKE_BACK, True),
        (StaffAct.CONTRACT_CREDIT, True),
    ]


async def test_an_act_that_is_refused_leaves_no_row(
    client: httpx.AsyncClient, services: Services, cast: Cast
) -> None:
    finance = cast.named("finance").person
    assert finance is not None
    api = as_session(client, services, finance)
    before = await _acts()

    await api.send('mutation { couponDeactivate(code: "NONE") { userErrors { code } } }')

    assert await _acts() == before


def test_every_act_has_words() -> None:
    assert set(STAFF_ACTS) == set(StaffAct)
