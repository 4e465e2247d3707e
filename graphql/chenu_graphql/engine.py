"""Carries out one operation: choice, cost, execution by graphql-core, coded errors."""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    subscribe,
)
from strawberry.execution import optimized_is_awaitable

from chenu.core import tracing
from chenu.core.errors import BadInput
from chenu.core.i18n import mark
from chenu_graphql.context import Context
from chenu_graphql.documents import Documents, Prepared, Sizes
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.limits import Meter, Size, check_cost, count_calls
from chenu_graphql.query_runs import CompiledQuery, run_query

_is_awaitable: Any = optimized_is_awaitable
_LONGEST_NAME = 100

_KINDS = {
    OperationType.QUERY: mark("queries"),
    OperationType.MUTATION: mark("mutations"),
    OperationType.SUBSCRIPTION: mark("subscriptions"),
}


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as it was sent."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`requested` and `actual` in points; not `is_begun`: there is no data, not even null.

    `is_query`: nothing was changed, so that it may be told again.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    requested: int = 0
    actual: int = 0
    is_begun: bool = False
    is_query: bool = False

    @property
    def codes(self) -> list[str]:
        return [(error.extensions or {})["code"] for error in self.errors]

    def to_dict(self) -> dict[str, Any]:
        """The response of the GraphQL specification."""
        calls = count_calls(self.requested)
        cost = {"requested": self.requested, "actual": self.actual, "calls": calls}
        body: dict[str, Any] = {"data": self.data} if self.is_begun else {}
        body["extensions"] = {"cost": cost}
        if self.errors:
            body["errors"] = [error.formatted for error in self.errors]
        return body

    async def record_reading(self, ctx: Context) -> None:
        """For who has made this answer into what is sent: only now has anything been read."""
        await ctx.reading.record(ctx.actor, self.data, is_whole=not self.errors)


@dataclass(frozen=True, slots=True)
class _Ready:
    document: DocumentNode
    operation: OperationDefinitionNode
    size: Size
    compiled: CompiledQuery | None

    @property
    def points(self) -> int:
        return self.size.points


class _Refused(Exception):
    """The operation was not begun; `errors` say why."""

    def __init__(self, *errors: GraphQLError, points: int = 0) -> None:
        super().__init__(*errors)
        self.errors = errors
        self.points = points


class Engine:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents = Documents(schema)

    def find_kind(self, request: GraphQLRequest) -> OperationType | None:
        """Query, mutation or subscription; None for what cannot be carried out anyway."""
        try:
            return _choose(self._documents.read(request.query), request).operation
        except _Refused:
            return None

    async def run(self, request: GraphQLRequest, ctx: Context) -> Answer:
        """A query or a mutation."""
        return await self._run(request, ctx, OperationType.QUERY, OperationType.MUTATION)

    async def ask(self, request: GraphQLRequest, ctx: Context) -> Answer:
        """A query: where a mutation's headers and cookies have no place."""
        return await self._run(request, ctx, OperationType.QUERY)

    async def _run(self, request: GraphQLRequest, ctx: Context, *allowed: OperationType) -> Answer:
        with tracing.span("GraphQL") as note:
            try:
                ready = self._make_ready(request, *allowed)
            except _Refused as refused:
                answer = _refuse(refused, ctx)
            else:
                _describe(note, ready.operation)
                result = await self._run_compiled(ready, request, ctx)
                if result is None:
                    result = await self._interpret(ready, request, ctx)
                answer = _answer(result, ready, ctx)
            note.error = answer.codes[0] if answer.errors else ""
        return answer

    async def _run_compiled(
        self, ready: _Ready, request: GraphQLRequest, ctx: Context
    ) -> ExecutionResult | None:
        """None without a compiled query, or when it fails: then as if it never began."""
        if ready.compiled is None:
            return None
        try:
            data = await run_query(ready.compiled, self._schema, request.variables, ctx)
        except Exception:  # graphql-core meets it again and says what and where
            ctx.begin_again()
            return None
        return ExecutionResult(data, None)

    async def _interpret(
        self, ready: _Ready, request: GraphQLRequest, ctx: Context
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            ready.document,
            context_value=ctx,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            is_awaitable=_is_awaitable,
        )
        return await result if isinstance(result, Awaitable) else result

    async def watch(self, request: GraphQLRequest, ctx: Context) -> AsyncGenerator[Answer, None]:
        """A subscription's answers; one with errors when it could not be begun."""
        try:
            ready = self._make_ready(request, OperationType.SUBSCRIPTION)
        except _Refused as refused:
            yield _refuse(refused, ctx)
            return
        try:
            started = await self._subscribe(ready, request, ctx)
        except Exception as error:
            yield _break_off(error, ready, ctx)
            return
        if isinstance(started, ExecutionResult):
            yield replace(_answer(started, ready, ctx), is_begun=False)
            return
        try:
            async for result in started:
                yield _answer(result, ready, ctx)
        except Exception as error:  # a source's own error reaches us as it was raised
            yield _break_off(error, ready, ctx)
        finally:
            await started.aclose()

    async def _subscribe(self, ready: _Ready, request: GraphQLRequest, ctx: Context) -> Any:
        """Its span is the beginning: what follows may last for hours."""
        with tracing.span("GraphQL") as note:
            _describe(note, ready.operation)
            started: Any = subscribe(
                self._schema,
                ready.document,
                context_value=ctx,
                variable_values=dict(request.variables),
                operation_name=request.operation_name,
            )
            return await started if isinstance(started, Awaitable) else started

    def _make_ready(self, request: GraphQLRequest, *allowed: OperationType) -> _Ready:
        """Raises _Refused."""
        prepared = self._documents.read(request.query)
        operation = _choose(prepared, request)
        ready = _Ready(
            cast("DocumentNode", prepared.document),
            operation,
            self._measure(prepared, operation, request),
            self._documents.find_compiled(prepared, operation),
        )
        if operation.operation not in allowed:
            message = mark("This transport does not carry {kind}")
            error = BadInput(message, kind=_KINDS[operation.operation])
            raise _Refused(to_graphql(error), points=ready.points)
        if errors := check_cost(ready.points):
            raise _Refused(*errors, points=ready.points)
        return ready

    def _measure(
        self, prepared: Prepared, operation: OperationDefinitionNode, request: GraphQLRequest
    ) -> Size:
        sizes = prepared.sizes.get(request.operation_name)
        key = sizes.read_key(request.variables) if sizes else None
        if sizes is not None and key in sizes.known:
            return sizes.known[key]
        meter = Meter(self._schema, cast("DocumentNode", prepared.document), request.variables)
        size = meter.measure(operation)
        if sizes is None:
            sizes = prepared.sizes[request.operation_name] = Sizes(tuple(sorted(meter.sizing)))
        sizes.remember(sizes.read_key(request.variables), size)
        return size


def _choose(prepared: Prepared, request: GraphQLRequest) -> OperationDefinitionNode:
    """Raises _Refused when the name fits none, or is missing where there are several."""
    if prepared.errors:
        raise _Refused(*prepared.errors)
    wanted = request.operation_name
    fitting = [node for node in prepared.operations if wanted is None or _name(node) == wanted]
    if len(fitting) == 1:
        return fitting[0]
    message = mark("Please name one of the document's operations in operationName")
    raise _Refused(to_graphql(BadInput(message, path=("operation_name",))))


def _describe(note: tracing.Note, operation: OperationDefinitionNode) -> None:
    """The client's name for it is an attribute only: there is no end to such names."""
    kind = operation.operation.value
    note.name = f"GraphQL {kind}"
    note.attributes["graphql.operation.type"] = kind
    if name := _name(operation):
        note.attributes["graphql.operation.name"] = name[:_LONGEST_NAME]


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None


def _refuse(refused: _Refused, ctx: Context) -> Answer:
    errors = [with_code(error, ctx) for error in refused.errors]
    return Answer(None, errors, refused.points)


def _break_off(error: Exception, ready: _Ready, ctx: Context) -> Answer:
    failed = GraphQLError(str(error), original_error=error)
    return _answer(ExecutionResult(None, [failed]), ready, ctx)


def _answer(result: ExecutionResult, ready: _Ready, ctx: Context) -> Answer:
    errors = [with_code(error, ctx) for error in result.errors or ()]
    is_begun = result.data is not None or any(error.path for error in errors)
    actual = ctx.spent + ready.size.introspection
    is_query = ready.operation.operation is OperationType.QUERY
    return Answer(result.data, errors, ready.points, actual, is_begun, is_query)
