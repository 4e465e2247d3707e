"""Reports of leaked keys, in the form of GitHub's secret scanning partner program.

docs/decisions/0059.
"""

import hashlib
from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency

from chenu.accounts.leaked_keys import Finding, end_leaked_keys
from chenu.accounts.request_context import RequestContext
from chenu.core.errors import BadInput, Unauthenticated
from chenu.core.i18n import mark
from chenu.flows.services import Services

PATH = "/api/v1/leaked-keys"
MAX_BYTES = 250_000
MAX_FINDINGS = 500
_NO_REPORT = mark("A report is a JSON list of objects, each with the text “token”: {problem}")
_IDENTIFIER, _SIGNATURE = "github-public-key-identifier", "github-public-key-signature"


class _Match(msgspec.Struct):
    """What we do not need, such as where in a repository it stood, is left out."""

    token: str
    type: str = ""
    url: str = ""


class _Label(msgspec.Struct):
    """As GitHub takes it: the secret itself is not sent back."""

    token_hash: str
    token_type: str
    label: str


@post(PATH, include_in_schema=False, status_code=200, request_max_body_size=MAX_BYTES)
async def report_leaked_keys(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    request_context: NamedDependency[RequestContext],
) -> list[_Label]:
    """Raises Unauthenticated before anything of the body is parsed; BadInput."""
    body = await request.body()
    reporter = _require_reporter(request, services, body)
    matches = _read(body)
    findings = [Finding(match.token, match.url, reporter) for match in matches]
    known = await end_leaked_keys(findings, services.settings.secret, request_context.ip)
    return [
        _describe(match, is_ours=is_ours) for match, is_ours in zip(matches, known, strict=True)
    ]


def _require_reporter(request: Request[Any, Any, Any], services: Services, body: bytes) -> str:
    identifier = request.headers.get(_IDENTIFIER, "")
    signature = request.headers.get(_SIGNATURE, "")
    for reporter in services.settings.leak_reporters:
        if reporter.identifier == identifier and reporter.has_signed(body, signature):
            return reporter.identifier
    raise Unauthenticated(mark("This report is not signed with a key that we know"))


def _read(body: bytes) -> list[_Match]:
    try:
        matches = msgspec.json.decode(body, type=list[_Match])
    except msgspec.DecodeError as error:
        raise BadInput(_NO_REPORT, problem=str(error)) from None
    if len(matches) > MAX_FINDINGS:
        raise BadInput(mark("A report has at most {count} tokens"), count=MAX_FINDINGS)
    return matches


def _describe(match: _Match, *, is_ours: bool) -> _Label:
    hashed = hashlib.sha256(match.token.encode(errors="surrogatepass")).hexdigest()
    return _Label(hashed, match.type, "true_positive" if is_ours else "false_positive")
