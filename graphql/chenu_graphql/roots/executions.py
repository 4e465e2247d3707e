"""Runs of agents."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import RUNS
from chenu_graphql.running import (
    ExecutionPayload,
    resolve_authorize,
    resolve_cancel,
    resolve_complete,
)


@strawberry.type
class ExecutionMutations:
    execution_authorize: ExecutionPayload = field(
        "Begins a run and holds tokens for it for an hour: what it may use, or what is available. "
        "Nothing available is INSUFFICIENT_TOKENS.",
        RUNS,
        resolve_authorize,
        weight=CHANGE,
    )
    execution_complete: ExecutionPayload = field(
        "Settles what a run used, once.", RUNS, resolve_complete, weight=CHANGE
    )
    execution_cancel: ExecutionPayload = field(
        "Gives a run up: all of its tokens come back.", RUNS, resolve_cancel, weight=CHANGE
    )
