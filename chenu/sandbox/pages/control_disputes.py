"""Control room: a cardholder disputes a charge, and how that ends."""

from litestar import Response, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.store import PLATFORM
from chenu.sandbox.objects.dispute import close_dispute, open_dispute
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of

_ENDS = ("won", "lost")


@post("/charges/{charge:str}/dispute", status_code=200)
async def dispute_charge(request: HttpRequest, charge: FromPath[str]) -> Response[bytes] | Redirect:
    """The cardholder's bank asks for the money back."""
    with sandbox_of(request).engine.unit() as unit:
        record = unit.store.find("charge", charge, PLATFORM)
        if record is None:
            raise NotFoundException("no such charge")
        try:
            dispute = open_dispute(unit, record)
        except ApiError as error:
            raise ClientException(error.message) from error
    return answer(request, dispute.body)


@post("/disputes/{dispute:str}", status_code=200)
async def end_dispute(request: HttpRequest, dispute: FromPath[str]) -> Response[bytes] | Redirect:
    """{"status": "won|lost"}"""
    status = (await payload(request)).get("status")
    if status not in _ENDS:
        raise ClientException(f"status is one of {', '.join(_ENDS)}")
    with sandbox_of(request).engine.unit() as unit:
        record = unit.store.find("dispute", dispute, PLATFORM)
        if record is None:
            raise NotFoundException("no such dispute")
        if record.body["status"] in _ENDS:
            raise ClientException(f"this dispute is {record.body['status']} already")
        close_dispute(unit, record, str(status))
    return answer(request, record.body)


DISPUTE_HANDLERS = [dispute_charge, end_dispute]
