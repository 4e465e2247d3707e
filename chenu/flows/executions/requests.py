"""What is asked of runs, and what of it is refused before anything is read. Pure."""

import msgspec

from chenu.accounts.actor import Actor, ActorKind
from chenu.agents.listing import DAY_MINUTES
from chenu.agents.model import AgentId, ExecutionId, ReportedBy
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.tiers.spheres import SPHERES, find_sphere

MOST_TOKENS = 1_000_000_000
"""In one run."""


class AuthorizeInput(msgspec.Struct, frozen=True):
    """`sphere` None: the agent's own."""

    agent_id: AgentId
    max_tokens: int
    sphere: str | None = None


class CompleteInput(msgspec.Struct, frozen=True):
    """`minutes_saved` None: what the agent claims."""

    execution_id: ExecutionId
    tokens_used: int
    succeeded: bool = True
    minutes_saved: float | None = None


class CancelInput(msgspec.Struct, frozen=True):
    execution_id: ExecutionId


def check_authorize(request: AuthorizeInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if not 1 <= request.max_tokens <= MOST_TOKENS:
        message = mark("A run may use from 1 to {highest} tokens")
        errors.append(Invalid(message, path=("max_tokens",), highest=MOST_TOKENS))
    if request.sphere is not None and find_sphere(request.sphere) is None:
        allowed = ", ".join(sphere.code for sphere in SPHERES)
        message = mark("The sphere is one of {allowed}")
        errors.append(Invalid(message, path=("sphere",), allowed=allowed))
    return errors


def check_complete(request: CompleteInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if not 0 <= request.tokens_used <= MOST_TOKENS:
        message = mark("A run has used from 0 to {highest} tokens")
        errors.append(Invalid(message, path=("tokens_used",), highest=MOST_TOKENS))
    minutes = request.minutes_saved
    if minutes is not None and not 0 <= minutes <= DAY_MINUTES:
        message = mark("A run saves from 0 to {count} minutes")
        errors.append(Invalid(message, path=("minutes_saved",), count=DAY_MINUTES))
    return errors


def find_seconds(request: CompleteInput) -> int | None:
    """Minutes are reported, whole seconds are stored."""
    minutes = request.minutes_saved
    return None if minutes is None else round(minutes * 60)


_KINDS = {
    ActorKind.SERVICE_KEY: ReportedBy.SERVICE_KEY,
    ActorKind.API_KEY: ReportedBy.API_KEY,
    ActorKind.SESSION: ReportedBy.SESSION,
}


def reporter_of(actor: Actor) -> ReportedBy:
    return _KINDS[actor.kind]
