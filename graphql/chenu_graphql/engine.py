"""Executes one operation: selection, cost limit, compiled or interpreted run, coded errors."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any, cast

import msgspec
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
from msgspec.structs import replace
from strawberry.execution import optimized_is_awaitable

from chenu.core import db, tracing
from chenu.core.errors import BadInput, ChenuError, Unavailable
from chenu.core.i18n import mark
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.documents import Documents, Prepared, Sizes
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.fallbacks import FallbackReason, count_compiled, count_fallback, find_reason
from chenu_graphql.limits import Meter, Size, check_cost, count_calls
from chenu_graphql.metering import charge
from chenu_graphql.query_runs import CompiledQuery, run_query

_is_awaitable: Any = optimized_is_awaitable
_LONGEST_NAME = 100

_KINDS = {
    OperationType.QUERY: mark("queries"),
    OperationType.MUTATION: mark("mutations"),
    OperationType.SUBSCRIPTION: mark("subscriptions"),
}


class _ReadyOperation(msgspec.Struct, frozen=True):
    prepared: Prepared
    operation: OperationDefinitionNode
    size: Size

    @property
    def document(self) -> DocumentNode:
        return cast("DocumentNode", self.prepared.document)

    @property
    def points(self) -> int:
        return self.size.points


class _OperationRefused(Exception):
    """The operation is not executed; `errors` say why."""

    def __init__(self, *errors: GraphQLError, points: int = 0) -> None:
        super().__init__(*errors)
        self.errors = errors
        self.points = points


class Engine:
    def __init__(self, schema: GraphQLSchema, *, is_compiling: bool = True) -> None:
        """`is_compiling` False leaves every operation to graphql-core."""
        self._schema = schema
        self._documents = Documents(schema)
        self._is_compiling = is_compiling

    def find_kind(self, request: GraphQLRequest) -> OperationType | None:
        """Query, mutation or subscription; None if the operation cannot be executed."""
        try:
            return _choose(self._documents.read(request.query), request).operation
        except _OperationRefused:
            return None

    def is_compiled(self, request: GraphQLRequest) -> bool:
        """Whether it is a query that is compiled already; nothing is parsed to find out."""
        return self._documents.is_compiled(request.query, request.operation_name, request.variables)

    async def charge(self, request: GraphQLRequest, ctx: Context) -> None:
        """For a transport that has to answer before the operation begins, which then takes no
        calls again. Raises RateLimited, QuotaExceeded.
        """
        try:
            calls = count_calls(self._make_ready(request, *OperationType).points)
        except _OperationRefused:
            calls = 1
        await charge(ctx, calls)

    async def run(self, request: GraphQLRequest, ctx: Context) -> Answer:
        """A query or a mutation."""
        return await self._run(request, ctx, OperationType.QUERY, OperationType.MUTATION)

    async def run_query_only(self, request: GraphQLRequest, ctx: Context) -> Answer:
        """For transports that cannot carry a mutation's cookies."""
        return await self._run(request, ctx, OperationType.QUERY)

    async def _run(self, request: GraphQLRequest, ctx: Context, *allowed: OperationType) -> Answer:
        with tracing.span("GraphQL") as span:
            try:
                ready = await self._admit(request, ctx, *allowed)
            except _OperationRefused as refused:
                answer = _refuse(refused, ctx)
            else:
                _describe(span, ready.operation)
                result = await self._execute(ready, request, ctx)
                answer = _answer(result, ready, ctx)
            span.error = answer.codes[0] if answer.errors else ""
        return answer

    async def _execute(
        self, ready: _ReadyOperation, request: GraphQLRequest, ctx: Context
    ) -> ExecutionResult:
        """Compiled if possible.

        Graphql-core runs other queries, and those whose compiled run failed.
        """
        compiled = self._find_compiled(ready, request, ctx)
        if isinstance(compiled, CompiledQuery):
            try:
                data = await run_query(compiled, self._schema, request.variables, ctx)
            except Exception as error:
                count_fallback(find_reason(error))
                ctx.reset()
                return await self._report_failure(error, ready, request, ctx)
            count_compiled()
            return ExecutionResult(data, None)
        count_fallback(compiled)
        return await self._interpret(ready, request, ctx)

    def _find_compiled(
        self, ready: _ReadyOperation, request: GraphQLRequest, ctx: Context
    ) -> CompiledQuery | FallbackReason:
        if not (self._is_compiling and ctx.services.settings.is_compiling):
            return FallbackReason.SWITCHED_OFF
        return self._documents.find_compiled(ready.prepared, ready.operation, request.variables)

    async def _report_failure(
        self, error: Exception, ready: _ReadyOperation, request: GraphQLRequest, ctx: Context
    ) -> ExecutionResult:
        """graphql-core words and locates the error.

        After the loss of the database the query is not rerun.
        """
        if isinstance(error, Unavailable):
            with db.assumed_lost():
                return await self._interpret(ready, request, ctx)
        return await self._interpret(ready, request, ctx)

    async def _interpret(
        self, ready: _ReadyOperation, request: GraphQLRequest, ctx: Context
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

    async def subscribe(
        self, request: GraphQLRequest, ctx: Context
    ) -> AsyncGenerator[Answer, None]:
        """The answers of a subscription; a single one with errors if it could not start."""
        try:
            ready = await self._admit(request, ctx, OperationType.SUBSCRIPTION)
        except _OperationRefused as refused:
            yield _refuse(refused, ctx)
            return
        try:
            started = await self._subscribe(ready, request, ctx)
        except Exception as error:
            yield _answer_failure(error, ready, ctx)
            return
        if isinstance(started, ExecutionResult):
            yield replace(_answer(started, ready, ctx), is_begun=False)
            return
        try:
            async for result in started:
                yield _answer(result, ready, ctx)
        except Exception as error:  # an error of the source stream reaches us as it was raised
            yield _answer_failure(error, ready, ctx)
        finally:
            await started.aclose()

    async def _subscribe(
        self, ready: _ReadyOperation, request: GraphQLRequest, ctx: Context
    ) -> Any:
        """The span covers the start only: a subscription may last for hours."""
        with tracing.span("GraphQL") as span:
            _describe(span, ready.operation)
            count_fallback(FallbackReason.SUBSCRIPTION)
            started: Any = subscribe(
                self._schema,
                ready.document,
                context_value=ctx,
                variable_values=dict(request.variables),
                operation_name=request.operation_name,
            )
            return await started if isinstance(started, Awaitable) else started

    async def _admit(
        self, request: GraphQLRequest, ctx: Context, *allowed: OperationType
    ) -> _ReadyOperation:
        """Takes the calls of the operation; one where it is refused. Raises _OperationRefused."""
        try:
            ready = self._make_ready(request, *allowed)
        except _OperationRefused as refused:
            await _charge(ctx, 1, refused.points)
            raise
        await _charge(ctx, count_calls(ready.points), ready.points)
        return ready

    def _make_ready(self, request: GraphQLRequest, *allowed: OperationType) -> _ReadyOperation:
        """Raises _OperationRefused."""
        prepared = self._documents.read(request.query)
        operation = _choose(prepared, request)
        size = self._measure(prepared, operation, request)
        ready = _ReadyOperation(prepared, operation, size)
        if operation.operation not in allowed:
            message = mark("This transport does not carry {kind}")
            error = BadInput(message, kind=_KINDS[operation.operation])
            raise _OperationRefused(to_graphql(error), points=ready.points)
        if errors := check_cost(ready.points):
            raise _OperationRefused(*errors, points=ready.points)
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


async def _charge(ctx: Context, calls: int, points: int) -> None:
    """Raises _OperationRefused for a caller who has none left."""
    try:
        await charge(ctx, calls)
    except ChenuError as error:
        raise _OperationRefused(to_graphql(error), points=points) from None


def _choose(prepared: Prepared, request: GraphQLRequest) -> OperationDefinitionNode:
    """Raises _OperationRefused if no operation has the name, or if several exist and none
    is named.
    """
    if prepared.errors:
        raise _OperationRefused(*prepared.errors)
    name = request.operation_name
    matching = [node for node in prepared.operations if name is None or _name(node) == name]
    if len(matching) == 1:
        return matching[0]
    message = mark("Please name one of the document's operations in operationName")
    raise _OperationRefused(to_graphql(BadInput(message, path=("operation_name",))))


def _describe(span: tracing.Note, operation: OperationDefinitionNode) -> None:
    """The client's operation name is an attribute, not the span's name, because it is unbounded."""
    kind = operation.operation.value
    span.name = f"GraphQL {kind}"
    span.attributes["graphql.operation.type"] = kind
    if name := _name(operation):
        span.attributes["graphql.operation.name"] = name[:_LONGEST_NAME]


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None


def _refuse(refused: _OperationRefused, ctx: Context) -> Answer:
    errors = [with_code(error, ctx) for error in refused.errors]
    return Answer(None, errors, refused.points, charge=ctx.charge)


def _answer_failure(error: Exception, ready: _ReadyOperation, ctx: Context) -> Answer:
    failed = GraphQLError(str(error), original_error=error)
    return _answer(ExecutionResult(None, [failed]), ready, ctx)


def _answer(result: ExecutionResult, ready: _ReadyOperation, ctx: Context) -> Answer:
    errors = [with_code(error, ctx) for error in result.errors or ()]
    is_begun = result.data is not None or any(error.path for error in errors)
    actual = ctx.spent + ready.size.introspection
    is_query = ready.operation.operation is OperationType.QUERY
    return Answer(result.data, errors, ready.points, actual, is_begun, is_query, ctx.charge)
