"""Control room: empty the sandbox, take snapshots of it, and go back to them."""

from litestar import Response, delete, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.json_types import Json, dumps
from chenu.sandbox.engine.snapshots import Snapshot, TooManySnapshots
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox


@post("/reset", status_code=200)
async def reset(request: HttpRequest) -> Response[bytes] | Redirect:
    """{"clock": unix} begins anew at that time; snapshots stay and can be restored."""
    given, sandbox = await payload(request), sandbox_of(request)
    clock = given.get("clock")
    if clock is not None and not isinstance(clock, int):
        raise ClientException('"clock" is unix seconds')
    async with sandbox.scheduler.standing_still():
        sandbox.reset(clock)
    return answer(request, {"reset": True})


@get("/archive", sync_to_thread=False)
def show_archive(request: HttpRequest) -> Response[str]:
    """The whole state as lines of JSON, for `--begin-with`."""
    return Response(sandbox_of(request).write_archive(), media_type="application/x-ndjson")


@get("/snapshots", sync_to_thread=False)
def show_snapshots(request: HttpRequest) -> Response[bytes]:
    """Oldest first."""
    body: Json = {"data": list_snapshots(sandbox_of(request))}
    return Response(dumps(body), media_type="application/json")


def list_snapshots(sandbox: Sandbox) -> list[Json]:
    return [_body(snapshot) for snapshot in sandbox.snapshots.all()]


def _body(snapshot: Snapshot) -> Json:
    return {"id": snapshot.id, "created": snapshot.created}


@post("/snapshots", status_code=200)
async def take_snapshot(request: HttpRequest) -> Response[bytes] | Redirect:
    """{"id": what to restore, "created": wall time in unix seconds}"""
    sandbox = sandbox_of(request)
    async with sandbox.scheduler.standing_still():
        try:
            snapshot = sandbox.snapshots.take()
        except TooManySnapshots as error:
            raise ClientException(str(error), status_code=409) from error
    return answer(request, _body(snapshot))


@post("/snapshots/{snapshot_id:str}/restore", status_code=200)
async def restore_snapshot(
    request: HttpRequest, snapshot_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Deliveries and requests that are under way are abandoned. The snapshot can be used again."""
    sandbox = sandbox_of(request)
    snapshot = _get(sandbox, snapshot_id)
    async with sandbox.scheduler.standing_still():
        sandbox.restore(snapshot)
    return answer(request, _body(snapshot))


@delete("/snapshots/{snapshot_id:str}", status_code=200)
async def delete_snapshot(
    request: HttpRequest, snapshot_id: FromPath[str]
) -> Response[bytes] | Redirect:
    sandbox = sandbox_of(request)
    sandbox.snapshots.delete(_get(sandbox, snapshot_id))
    return answer(request, {"id": snapshot_id, "deleted": True})


@post("/snapshots/{snapshot_id:str}/delete", status_code=200)
async def delete_snapshot_by_form(
    request: HttpRequest, snapshot_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """The same as DELETE: forms can only POST."""
    sandbox = sandbox_of(request)
    sandbox.snapshots.delete(_get(sandbox, snapshot_id))
    return answer(request, {"id": snapshot_id, "deleted": True})


def _get(sandbox: Sandbox, snapshot_id: str) -> Snapshot:
    snapshot = sandbox.snapshots.find(snapshot_id)
    if snapshot is None:
        raise NotFoundException("no such snapshot")
    return snapshot


SNAPSHOT_HANDLERS = [
    delete_snapshot,
    delete_snapshot_by_form,
    reset,
    restore_snapshot,
    show_archive,
    show_snapshots,
    take_snapshot,
]
