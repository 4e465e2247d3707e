"""Verifies answers of providers, each in a process with little time and memory."""

import base64
import binascii
import importlib.util
import shutil

import msgspec
import structlog

from chenu.core.bounded_process import Answer, BoundedProcess, TookTooLong, command_of
from chenu.core.errors import InvalidState, Unavailable
from chenu.core.i18n import mark
from chenu.saml.assertions import Expectation, VerifiedAssertion
from chenu.saml.process_answers import MOST_BYTES, REFUSED, Question, RefusedAnswer
from chenu.saml.refusals import Refusal, SamlRefused

log = structlog.get_logger(__name__)

_COMMAND = command_of("chenu.saml.verification_process")
_MOST_SECONDS = 15
_MOST_AT_ONCE = 2
_MOST_WAITING = 16

LONGEST_POSTED = MOST_BYTES * 4 // 3 + 4
"""In base64, of the form's field."""

_TOO_MANY = mark("Many people are signing in at the moment. Please try again in a minute")
_FAILED = mark("The answer of the provider could not be checked. Please try again later")
_MISSING = mark(
    'SAML is not installed on this server: its operator runs pip install "chenu[saml]" '
    "and apt-get install xmlsec1. OIDC works without"
)


def require_saml() -> None:
    """Raises InvalidState, with what the operator has to install."""
    missing = find_missing_saml()
    if missing is not None:
        raise missing


def find_missing_saml() -> InvalidState | None:
    """What the operator has to install, for the page; None where it is there."""
    if shutil.which("xmlsec1") is None or importlib.util.find_spec("saml2") is None:
        return InvalidState(_MISSING)
    return None


def decode_response(posted: str) -> bytes:
    """The form field `SAMLResponse`. Raises SamlRefused."""
    if len(posted) > LONGEST_POSTED:
        raise SamlRefused(Refusal.NOT_READABLE, "too long")
    try:
        return base64.b64decode("".join(posted.split()), validate=True)
    except (binascii.Error, ValueError):
        raise SamlRefused(Refusal.NOT_READABLE, "no base64") from None


class SamlVerifier:
    """A few at a time."""

    def __init__(self, command: tuple[str, ...] = _COMMAND, seconds: float = _MOST_SECONDS) -> None:
        self._process = BoundedProcess(
            command, seconds, at_once=_MOST_AT_ONCE, waiting=_MOST_WAITING, busy=_TOO_MANY
        )

    async def verify(self, response: bytes, expected: Expectation) -> VerifiedAssertion:
        """Raises SamlRefused, Busy, Unavailable, or InvalidState where a program is missing.

        Whether the assertion was seen before is asked by the caller, who keeps the ids.
        """
        require_saml()
        if len(response) > MOST_BYTES:
            raise SamlRefused(Refusal.NOT_READABLE, "too long")
        question = Question(response, _with_certificates_in_force(expected))
        try:
            answer = await self._process.run(msgspec.json.encode(question))
        except TookTooLong:
            raise SamlRefused(Refusal.TOOK_TOO_LONG) from None
        if answer.status < 0:  # its processor time was over, or the system's memory
            raise SamlRefused(Refusal.TOOK_TOO_LONG)
        return _read(answer)


def _with_certificates_in_force(expected: Expectation) -> Expectation:
    from chenu.saml.certificates import is_in_force

    in_force = tuple(each for each in expected.certificates if is_in_force(each, expected.now))
    if not in_force:
        raise SamlRefused(Refusal.NO_CERTIFICATE)
    return msgspec.structs.replace(expected, certificates=in_force)


def _read(answer: Answer) -> VerifiedAssertion:
    try:
        if answer.status == 0:
            return msgspec.json.decode(answer.output, type=VerifiedAssertion)
        if answer.status == REFUSED:
            refused = msgspec.json.decode(answer.output, type=RefusedAnswer)
            raise SamlRefused(refused.refusal, refused.detail)
    except msgspec.MsgspecError:
        pass
    log.error("saml_verification_failed", status=answer.status, words=answer.last_words)
    raise Unavailable(_FAILED)
