"""Control room: the clock, webhooks and their deliveries."""

from dataclasses import asdict

from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chenu.sandbox.engine.clock import parse_duration, wall_ms
from chenu.sandbox.engine.json_types import Json, dumps
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox

_MOST_SHOWN = 1000


def clock_state(sandbox: Sandbox) -> Json:
    return {
        "now": sandbox.engine.clock.now(),
        "offset_seconds": sandbox.engine.clock.offset,
        "next_due": sandbox.scheduler.next_due(),
        "pending_deliveries": sandbox.sender.waiting(),
        "scheduled_retries": sandbox.sender.scheduled(),
    }


def _json(body: Json) -> Response[bytes]:
    return Response(dumps(body), media_type="application/json")


@get("/clock", sync_to_thread=False)
def show_clock(request: HttpRequest) -> Response[bytes]:
    return _json(clock_state(sandbox_of(request)))


@post("/clock", status_code=200)
async def move_clock(request: HttpRequest) -> Response[bytes] | Redirect:
    """{"advance": "P14D"} or {"to": unix}; forwards only."""
    given, sandbox = await payload(request), sandbox_of(request)
    now = sandbox.engine.clock.now()
    try:
        target = int(given["to"]) if "to" in given else now + parse_duration(str(given["advance"]))
    except (KeyError, ValueError) as error:
        raise ClientException('send {"advance": "P14D"} or {"to": unix seconds}') from error
    if target < now:
        raise ClientException("the clock only moves forward")
    await sandbox.scheduler.advance(target)
    return answer(request, clock_state(sandbox))


@get("/webhooks", sync_to_thread=False)
def show_modes(request: HttpRequest) -> Response[bytes]:
    return _json(asdict(sandbox_of(request).queue.modes))


@post("/webhooks", status_code=200)
async def set_modes(request: HttpRequest) -> Response[bytes] | Redirect:
    """Some or all of the modes; what is left out stays as it is."""
    given, queue = await payload(request), sandbox_of(request).queue
    try:
        queue.set_modes(queue.modes.changed(given))
    except ValueError as error:
        raise ClientException(str(error)) from error
    return answer(request, asdict(queue.modes))


def list_deliveries(sandbox: Sandbox, limit: int) -> list[Json]:
    """Newest first."""
    rows = sandbox.store.execute(
        "SELECT id, event, endpoint, status, attempts, due, answer, created,"
        " (SELECT json_extract(body, '$.type') FROM objects WHERE id = event)"
        " FROM deliveries ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    names = ("id", "event", "endpoint", "status", "attempts", "due_ms", "answer", "created", "type")
    return [dict(zip(names, row, strict=True)) for row in rows]


@get("/deliveries", sync_to_thread=False)
def show_deliveries(request: HttpRequest, limit: FromQuery[int] = 100) -> Response[bytes]:
    return _json({"data": list_deliveries(sandbox_of(request), min(limit, _MOST_SHOWN))})


@post("/deliveries/{delivery:int}/resend", status_code=200)
async def resend(request: HttpRequest, delivery: FromPath[int]) -> Response[bytes] | Redirect:
    """Send it again, whatever its status; the modes' drop and duplicate do not apply."""
    sandbox = sandbox_of(request)
    found = sandbox.store.execute(
        "UPDATE deliveries SET status = 'pending', attempts = 0, due = ? WHERE id = ?",
        (wall_ms(), delivery),
    )
    if not found.rowcount:
        raise NotFoundException("no such delivery")
    sandbox.queue.wake()
    return answer(request, {"id": delivery, "status": "pending"})


@post("/deliveries/flush", status_code=200)
async def flush(request: HttpRequest) -> Response[bytes] | Redirect:
    """Wait until nothing is due; {"timeout": seconds} at most, 30 by default."""
    given, sandbox = await payload(request), sandbox_of(request)
    done = await sandbox.sender.flush(float(given.get("timeout", 30)))
    body = {"done": done, "pending_deliveries": sandbox.sender.waiting()}
    return answer(request, body, 200 if done else 504)


@post("/endpoints/{endpoint:str}/rotate", status_code=200)
async def rotate_secret(
    request: HttpRequest, endpoint: FromPath[str]
) -> Response[bytes] | Redirect:
    """A new secret; the old one keeps signing beside it until {"end": true} is sent."""
    given, sandbox = await payload(request), sandbox_of(request)
    with sandbox.engine.unit() as unit:
        record = unit.find("webhook_endpoint", endpoint) or unit.find(
            "v2.core.event_destination", endpoint
        )
        if record is None:
            raise NotFoundException("no such endpoint")
        secrets = record.internal["secrets"]
        if given.get("end"):
            record.internal["secrets"] = secrets[-1:]
        else:
            record.internal["secrets"] = [secrets[-1], "whsec_" + unit.token()]
        unit.save(record)
    return answer(request, {"id": endpoint, "secret": record.internal["secrets"][-1]})


CLOCK_HANDLERS = [
    flush,
    move_clock,
    resend,
    rotate_secret,
    set_modes,
    show_clock,
    show_deliveries,
    show_modes,
]
