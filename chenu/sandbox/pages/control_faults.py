"""Control room: faults, forced outcomes, and the state as a whole."""

import re
from dataclasses import fields

from litestar import Response, delete, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chenu.sandbox.engine.faults import Effect, FaultRule
from chenu.sandbox.engine.json_types import Json, dumps
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import STATUSES, announce_v1, deauthorize, set_status
from chenu.sandbox.objects.bank_account import add_bank_account, replace_bank_account
from chenu.sandbox.objects.cards import DECLINES
from chenu.sandbox.objects.invariants import violations
from chenu.sandbox.objects.refund import fail, require_action, succeed
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of

_SHORTEST_NUMBER = 4
_RULE_FIELDS = {one.name for one in fields(FaultRule)} - {"seen", "hits"}
_REFUND_MOVES = {
    "failed": ({"pending", "succeeded", "requires_action"}, fail),
    "requires_action": ({"pending"}, require_action),
    "succeeded": ({"pending", "requires_action"}, succeed),
}


@get("/faults", sync_to_thread=False)
def show_faults(request: HttpRequest) -> Response[bytes]:
    rules = [rule.to_json() for rule in sandbox_of(request).faults.rules]
    return Response(dumps({"data": rules}), media_type="application/json")


@post("/faults", status_code=200)
async def add_fault(request: HttpRequest) -> Response[bytes] | Redirect:
    """One rule, see engine.faults.FaultRule; `nth` and `times` are 1 by default."""
    given = {name: value for name, value in (await payload(request)).items() if value != ""}
    unknown = given.keys() - _RULE_FIELDS
    if unknown:
        raise ClientException(f"unknown: {', '.join(sorted(unknown))}")
    try:
        rule = FaultRule(**{**given, "effect": Effect(str(given.get("effect")))})
        sandbox_of(request).faults.add(rule)
    except (TypeError, ValueError, re.error) as error:
        raise ClientException(f"{error}; effects: {', '.join(Effect)}") from error
    return answer(request, rule.to_json())


@delete("/faults", status_code=200)
async def clear_faults(request: HttpRequest) -> Response[bytes] | Redirect:
    sandbox_of(request).faults.clear()
    return answer(request, {"data": []})


@post("/faults/clear", status_code=200)
async def clear_faults_by_form(request: HttpRequest) -> Response[bytes] | Redirect:
    """The same as DELETE: forms can only POST."""
    sandbox_of(request).faults.clear()
    return answer(request, {"data": []})


@post("/accounts/{account:str}/capability", status_code=200)
async def force_capability(
    request: HttpRequest, account: FromPath[str]
) -> Response[bytes] | Redirect:
    """{"status": "restricted|active|rejected|pending"}"""
    status = (await payload(request)).get("status")
    if status not in STATUSES:
        raise ClientException(f"status is one of {', '.join(STATUSES)}")
    with sandbox_of(request).engine.unit() as unit:
        record = _get(unit, "v2.core.account", account)
        if status == "active":
            add_bank_account(unit, record)
        set_status(unit, record, status)
        announce_v1(unit, record)
    return answer(request, {"id": account, "status": status})


@post("/accounts/{account:str}/fail_next_payout", status_code=200)
async def fail_next_payout(
    request: HttpRequest, account: FromPath[str]
) -> Response[bytes] | Redirect:
    """The bank will refuse the next payout that is due to arrive."""
    with sandbox_of(request).engine.unit() as unit:
        record = _get(unit, "v2.core.account", account)
        record.internal["next_payout_fails"] = True
        unit.save(record)
    return answer(request, {"id": account, "next_payout_fails": True})


@post("/accounts/{account:str}/bank_account", status_code=200)
async def change_bank_account(
    request: HttpRequest, account: FromPath[str]
) -> Response[bytes] | Redirect:
    """{"number": "at least four characters"}: its owner is paid there from now on."""
    number = str((await payload(request)).get("number") or "")
    if len(number) < _SHORTEST_NUMBER:
        raise ClientException("number has at least four characters")
    with sandbox_of(request).engine.unit() as unit:
        bank = replace_bank_account(unit, _get(unit, "v2.core.account", account), number)
    return answer(request, bank.body)


@post("/accounts/{account:str}/deauthorize", status_code=200)
async def force_deauthorization(
    request: HttpRequest, account: FromPath[str]
) -> Response[bytes] | Redirect:
    """Its owner takes the platform's access away, for good."""
    with sandbox_of(request).engine.unit() as unit:
        deauthorize(unit, _get(unit, "v2.core.account", account))
    return answer(request, {"id": account, "deauthorized": True})


@post("/refunds/{refund:str}", status_code=200)
async def force_refund(request: HttpRequest, refund: FromPath[str]) -> Response[bytes] | Redirect:
    """{"status": "failed|requires_action|succeeded"}"""
    status = str((await payload(request)).get("status"))
    if status not in _REFUND_MOVES:
        raise ClientException(f"status is one of {', '.join(_REFUND_MOVES)}")
    allowed, move = _REFUND_MOVES[status]
    with sandbox_of(request).engine.unit() as unit:
        record = _get(unit, "refund", refund)
        if record.body["status"] not in allowed:
            raise ClientException(f"a {record.body['status']} refund cannot become {status}")
        move(unit, record)
    return answer(request, record.body)


@post("/customers/{customer:str}/next_charge", status_code=200)
async def plan_next_charge(
    request: HttpRequest, customer: FromPath[str]
) -> Response[bytes] | Redirect:
    """{"outcome": a decline code, or "succeeded" to take a planned one back}"""
    outcome = (await payload(request)).get("outcome")
    if outcome not in (*DECLINES, "succeeded"):
        raise ClientException(f"outcome is succeeded or one of {', '.join(DECLINES)}")
    with sandbox_of(request).engine.unit() as unit:
        record = _get(unit, "customer", customer)
        record.internal.pop("next_charge", None)
        if outcome in DECLINES:
            record.internal["next_charge"] = outcome
        unit.save(record)
    return answer(request, {"id": customer, "outcome": outcome})


def _get(unit: UnitOfWork, kind: str, object_id: str) -> Record:
    record = unit.store.find(kind, object_id, PLATFORM)
    if record is None:
        raise NotFoundException(f"no such {kind}")
    return record


@get("/state", sync_to_thread=False)
def show_state(request: HttpRequest) -> Response[bytes]:
    """How many objects of each kind there are, and every balance as [available, pending]."""
    store = sandbox_of(request).store
    counts = store.execute("SELECT kind, COUNT(*) FROM objects GROUP BY kind")
    balances = store.execute("SELECT account, available, pending FROM balances")
    body: Json = {
        "counts": dict(counts.fetchall()),
        "balances": {account or "platform": parts for account, *parts in balances},
    }
    return Response(dumps(body), media_type="application/json")


@get("/exchanges", sync_to_thread=False)
def show_exchanges(
    request: HttpRequest, request_id: FromQuery[str | None] = None
) -> Response[bytes]:
    lines = sandbox_of(request).exchanges.lines(request_id)
    return Response(lines, media_type="application/x-ndjson")


@get("/events.jsonl", sync_to_thread=False)
def dump_events(request: HttpRequest) -> Response[bytes]:
    """Every event of every account, oldest first, one a line."""
    store = sandbox_of(request).store
    lines = [
        dumps(record.body) + b"\n"
        for kind in ("event", "v2.core.event")
        for record in store.select(kind, None, oldest_first=True)
    ]
    return Response(b"".join(lines), media_type="application/x-ndjson")


@get("/invariants", sync_to_thread=False)
def check_invariants(request: HttpRequest) -> Response[bytes]:
    body: Json = {"violations": violations(sandbox_of(request).store)}
    return Response(dumps(body), media_type="application/json")


FAULT_HANDLERS = [
    add_fault,
    change_bank_account,
    check_invariants,
    clear_faults,
    clear_faults_by_form,
    dump_events,
    fail_next_payout,
    force_capability,
    force_deauthorization,
    force_refund,
    plan_next_charge,
    show_exchanges,
    show_faults,
    show_state,
]
