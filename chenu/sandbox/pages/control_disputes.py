"""Control room: a cardholder disputes a charge, a bank warns of one, and how a dispute ends."""

from litestar import Response, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.dispute import KINDS, MOVES, move, open_dispute
from chenu.sandbox.objects.early_fraud_warning import warn
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox

_SHOWN = 20


@post("/charges/{charge:str}/dispute", status_code=200)
async def dispute_charge(request: HttpRequest, charge: FromPath[str]) -> Response[bytes] | Redirect:
    """{"kind": "dispute|inquiry|prevented", "reason": "product_not_received"}"""
    given = await payload(request)
    kind, reason = str(given.get("kind", "dispute")), str(given.get("reason", "fraudulent"))
    if kind not in KINDS:
        raise ClientException(f"kind is one of {', '.join(KINDS)}")
    with sandbox_of(request).engine.unit() as unit:
        record = _find(unit, "charge", charge)
        try:
            dispute = open_dispute(unit, record, kind, reason)
        except ApiError as error:
            raise ClientException(error.message) from error
    return answer(request, dispute.body)


@post("/charges/{charge:str}/warning", status_code=200)
async def warn_of_charge(request: HttpRequest, charge: FromPath[str]) -> Response[bytes] | Redirect:
    """The cardholder's bank suspects fraud."""
    with sandbox_of(request).engine.unit() as unit:
        record = _find(unit, "charge", charge)
        try:
            warning = warn(unit, record)
        except ApiError as error:
            raise ClientException(error.message) from error
    return answer(request, warning.body)


@post("/disputes/{dispute:str}", status_code=200)
async def end_dispute(request: HttpRequest, dispute: FromPath[str]) -> Response[bytes] | Redirect:
    """{"status": "won"}, or another that MOVES allows."""
    status = (await payload(request)).get("status")
    if status not in MOVES:
        raise ClientException(f"status is one of {', '.join(MOVES)}")
    with sandbox_of(request).engine.unit() as unit:
        record = _find(unit, "dispute", dispute)
        try:
            move(unit, record, str(status))
        except ApiError as error:
            raise ClientException(error.message) from error
    return answer(request, record.body)


def _find(unit: UnitOfWork, kind: str, object_id: str) -> Record:
    record = unit.store.find(kind, object_id, PLATFORM)
    if record is None:
        raise NotFoundException(f"no such {kind}")
    return record


def list_disputes(sandbox: Sandbox) -> list[tuple[Record, list[str]]]:
    """The newest, each with what its bank may decide."""
    found = sandbox.store.select("dispute", PLATFORM, limit=_SHOWN)
    return [(each, [to for to in MOVES if each.body["status"] in MOVES[to]]) for each in found]


def list_charges(sandbox: Sandbox) -> list[Record]:
    """The newest that can be disputed."""
    found = sandbox.store.select("charge", PLATFORM, limit=_SHOWN)
    return [each for each in found if each.body["status"] == "succeeded"]


DISPUTE_HANDLERS = [dispute_charge, warn_of_charge, end_dispute]
