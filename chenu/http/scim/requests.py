"""What a request of a directory says: who asks, for which entries, with which body."""

import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from scim2_models import InvalidFilterException, InvalidSyntaxException, ScimPolicy

from chenu.accounts.request_context import WRITERS
from chenu.core.errors import Invalid, NotFound, Unauthenticated
from chenu.core.i18n import mark
from chenu.core.ids import find_id
from chenu.core.text import has_unstorable
from chenu.scim.model import SCIM_PATH, Caller, Span, Wanted
from chenu.scim.tokens import get_caller
from chenu.settings import Settings

MOST_SHOWN = 200
_SHOWN = 100
_LARGEST_START = 1_000_000
_EQUALS = re.compile(r'\s*(?:urn:[\w:.]+:)?([\w.]+)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
_UNWRITTEN = frozenset({"id", "schemas", "meta", "groups"})
"""What some directories send along in a patch, though nobody may change it."""
_NO_TOKEN = mark("Send the token of your connection: Authorization: Bearer chenu_scim_…")
_MOST_OPERATIONS = 1_000

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""As Entra ID and Okta write: attributes that we do not store are ignored."""

ScimRequest = Request[Any, Any, Any]


async def get_caller_of(request: ScimRequest, settings: Settings) -> Caller:
    """Raises Unauthenticated, RateLimited, PlanRequired."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(_NO_TOKEN)
    caller = await get_caller(secret.strip(), settings.secret)
    request.scope["state"][WRITERS] = (caller.account_id,)
    return caller


def base_url(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}{SCIM_PATH}"


async def read_body(request: ScimRequest) -> dict[str, Any]:
    """Raises InvalidSyntaxException."""
    try:
        return msgspec.json.decode(await request.body(), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise InvalidSyntaxException(detail="The body must be a JSON object") from None


async def read_patch(request: ScimRequest) -> dict[str, Any]:
    """Raises InvalidSyntaxException."""
    body = await read_body(request)
    operations = body.get("Operations")
    if isinstance(operations, list) and len(operations) > _MOST_OPERATIONS:
        detail = f"At most {_MOST_OPERATIONS} operations at a time"
        raise InvalidSyntaxException(detail=detail)
    for each in operations if isinstance(operations, list) else ():
        if isinstance(each, dict) and isinstance(each.get("value"), dict) and not each.get("path"):
            each["value"] = {k: v for k, v in each["value"].items() if k not in _UNWRITTEN}
    return body


def read_id(text: str) -> UUID:
    """Raises NotFound."""
    found = find_id(text)
    if found is None:
        raise NotFound("There is no such resource in this directory")
    return found


def read_wanted(request: ScimRequest, fields: Collection[str]) -> Wanted:
    """One condition of equality. Raises InvalidFilterException."""
    text = request.query_params.get("filter")
    if text is None:
        return Wanted()
    found = _EQUALS.fullmatch(text[:2_000])
    names = {field.lower(): field for field in fields}
    if found is None or found[1].lower() not in names:
        allowed = ", ".join(fields)
        detail = f'A filter is one comparison, <attribute> eq "text", of one of: {allowed}'
        raise InvalidFilterException(detail=detail)
    try:
        value = msgspec.json.decode(found[2], type=str)
    except msgspec.DecodeError:
        raise InvalidFilterException(detail="The text of the filter is no JSON string") from None
    if has_unstorable(value):
        raise InvalidFilterException(detail="The text of the filter has control characters")
    return Wanted(names[found[1].lower()], value)


def read_span(request: ScimRequest) -> Span:
    """Too small and too large numbers are taken as the nearest. Raises Invalid."""
    start = _read_number(request, "startIndex", 1)
    count = _read_number(request, "count", _SHOWN)
    return Span(min(max(start, 1), _LARGEST_START), min(max(count, 0), MOST_SHOWN))


def _read_number(request: ScimRequest, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise Invalid(mark("{name} is a whole number"), path=(name,), name=name)
    return int(text)


def read_excluded(request: ScimRequest, allowed: Collection[str]) -> list[str]:
    """The attributes that the answer leaves out; others than these are always there."""
    named = request.query_params.get("excludedAttributes", "").split(",")
    return [name.strip() for name in named if name.strip() in allowed]


def read_revision(request: ScimRequest) -> int | None:
    """Of If-Match; -1, which nothing has, for a tag that is not ours."""
    tag = request.headers.get("if-match", "*").strip()
    if tag == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"([0-9]{1,9})"', tag)
    return int(found[1]) if found else -1
