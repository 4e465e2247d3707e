"""Parses requests and serialises answers, for both transports."""

from typing import Any, Literal

import msgspec
import orjson
from graphql import GraphQLError

from chenu.core.errors import BadInput
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.errors import with_code

MAX_LIST = 1_000

_NULL = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """The body of a request or subscribe message; `extensions` and unknown fields are ignored."""

    query: str
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(name="operationName", default=None)


class SocketMessage(msgspec.Struct):
    """graphql-transport-ws; the payload of a subscribe message is read by `read_request`."""

    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: str | None = None
    payload: msgspec.Raw = _NULL


def read_json(body: bytes | str | msgspec.Raw, kind: Any) -> Any:
    """Raises BadInput, with the position where it is known."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
    except (msgspec.DecodeError, UnicodeError):
        raise BadInput("The body is not JSON") from None
    except RecursionError:
        raise BadInput("The body is nested too deeply") from None


def _explain(problem: str) -> BadInput:
    if "out of range" in problem:
        place = problem.partition("`")[2].rstrip("`")
        return BadInput("The body has a number that is too large: {place}", place=place)
    return BadInput("The body is not a GraphQL request: {problem}", problem=problem)


def read_request(body: bytes | msgspec.Raw) -> GraphQLRequest:
    """Raises BadInput. Arrays are refused: batching is off."""
    sent: _Body = read_json(body, _Body)
    try:
        _check_lists(sent.variables, ("variables",))
    except RecursionError:
        raise BadInput("The body is nested too deeply") from None
    return GraphQLRequest(sent.query, sent.variables or {}, sent.operation_name or None)


def _check_lists(value: Any, path: tuple[str, ...]) -> None:
    """Limits the lengths of lists before any code reads each entry. Raises BadInput."""
    if isinstance(value, list):
        if len(value) > MAX_LIST:
            raise BadInput("A list has at most {count} entries", path=path, count=MAX_LIST)
        for index, entry in enumerate(value):
            _check_lists(entry, (*path, str(index)))
    elif isinstance(value, dict):
        for name, entry in value.items():
            _check_lists(entry, (*path, name))


def write_json(value: Any) -> bytes:
    return orjson.dumps(value)


def write_answer(answer: Answer, ctx: Context) -> tuple[Answer, bytes]:
    """The answer as sent, and its JSON; a value that cannot be serialised is an internal error."""
    try:
        return answer, write_json(answer.to_dict())
    except Exception as error:
        failed = fail_internally(error, ctx)
        return failed, write_json(failed.to_dict())


def fail_internally(error: Exception, ctx: Context) -> Answer:
    """An answer without data, whose error is INTERNAL."""
    failed = GraphQLError(str(error), original_error=error)
    return Answer(None, [with_code(failed, ctx)], charge=ctx.charge)
