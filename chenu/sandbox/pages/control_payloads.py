"""The control room's calls take JSON from programs and plain forms from people."""

from typing import Any

from litestar import Response
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.response import Redirect

from chenu.sandbox.engine.json_types import Json, dumps, loads
from chenu.sandbox.pages.requests import HttpRequest, form_of

ROOM = "/_sandbox"


def is_form(request: HttpRequest) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


async def payload(request: HttpRequest) -> Json:
    """What was sent, as a JSON object. Raises ClientException."""
    if is_form(request):
        return {name: _typed(text) for name, text in (await form_of(request)).items()}
    body = await request.body()
    if not body:
        return {}
    try:
        given = loads(body)
    except ValueError as error:
        raise ClientException(f"not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ClientException("send a JSON object")
    return given


def _typed(text: str) -> Any:
    """A form field as JSON would have it: numbers and booleans are read as such."""
    try:
        value = loads(text)
    except ValueError:
        return text
    return text if isinstance(value, dict | list) or value is None else value


def answer(
    request: HttpRequest, body: Json, status: int = 200, *, back_to: str = ROOM
) -> Response[bytes] | Redirect:
    """JSON for programs; people go back to the page that they came from."""
    if is_form(request):
        return Redirect(back_to, status_code=303)
    return Response(dumps(body), status_code=status, media_type="application/json")


async def refuse_other_sites(request: HttpRequest) -> None:
    """Refuse requests that pages of other sites send through somebody's browser."""
    origin = request.headers.get("origin")
    own = request.headers.get("host")
    if request.method not in ("GET", "HEAD") and origin and origin.partition("://")[2] != own:
        raise PermissionDeniedException("this request comes from another site")
