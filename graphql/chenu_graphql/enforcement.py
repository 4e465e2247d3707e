"""Enforces what every field declares: permission and points; normalises text; refusals as data.

A field without a declaration stops the schema from being built: deny by default.
"""

import inspect
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.field import StrawberryField

from chenu.core.errors import BadInput, ChenuError, RefusedError
from chenu.core.text import compose, has_unstorable
from chenu_graphql.context import Context
from chenu_graphql.errors import describe_refusal
from chenu_graphql.fields import Policy
from chenu_graphql.limits import own_points
from chenu_graphql.payloads import Payload
from chenu_graphql.permissions import Rule, require_write
from chenu_graphql.policies import find_field_policy, get_definition

Resolver = Callable[..., Any]

_RESERVED = {"root", "info"}
_AS_SENT = {"password", "currentPassword", "newPassword", "manifest"}
"""Hashes of older passwords were made of what was typed, and a manifest is sold as it is."""


class UndeclaredField(Exception):
    """A field of the schema says neither who may ask it nor what it costs."""


def own_fields(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """Every field of every object type of ours."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, definition in kind.fields.items():
                yield kind, name, definition


def enforce(schema: GraphQLSchema) -> None:
    """Wraps the resolvers of a freshly built schema. Raises UndeclaredField."""
    for kind, name, definition in own_fields(schema):
        policy = find_field_policy(definition)
        if policy is None:
            raise UndeclaredField(f"{kind.name}.{name}")
        if kind is schema.mutation_type:
            definition.resolve = _guard_mutation(definition, policy)
        elif kind is schema.subscription_type:
            definition.subscribe = _guard_query(definition, policy, definition.subscribe)
        else:
            definition.resolve = _guard_query(definition, policy, _plain_resolver(definition))
        kind.is_type_of = None  # sources are rows, never instances of the API's classes


def _plain_resolver(definition: GraphQLField) -> Resolver:
    """Without arguments the function is called directly: Strawberry's way costs more than most
    fields themselves."""
    field = get_definition(definition)
    if definition.args:
        return _require(definition.resolve)
    if field.base_resolver is None:
        return _read_attribute(field)
    function: Any = field.base_resolver.wrapped_func
    names = set(inspect.signature(function).parameters)
    if names - _RESERVED:
        raise TypeError(f"{function} takes more than {_RESERVED}")
    calls: dict[frozenset[str], Resolver] = {
        frozenset(): lambda _source, _info: function(),
        frozenset({"root"}): lambda source, _info: function(source),
        frozenset({"info"}): lambda _source, info: function(info),
        frozenset(_RESERVED): lambda source, info: function(source, info),
    }
    return calls[frozenset(names)]


def _read_attribute(field: StrawberryField) -> Resolver:
    get = attrgetter(field.python_name)
    return lambda source, _info: get(source)


def _require(resolver: Resolver | None) -> Resolver:
    if resolver is None:
        raise TypeError("a field has no resolver")
    return resolver


def _guard_query(definition: GraphQLField, policy: Policy, resolver: Resolver | None) -> Resolver:
    resolve, rule = _require(resolver), policy.allow
    points = own_points(definition, policy.weight)
    if not points and rule.check is None and not definition.args:
        return resolve

    def guarded(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        ctx: Context = info.context
        ctx.spent += points
        rule.require(ctx, source)
        return resolve(source, info, **read_text(arguments))

    return guarded


def _guard_mutation(definition: GraphQLField, policy: Policy) -> Resolver:
    """A mutation: a refused request becomes its payload's userErrors, a broken request an error."""
    resolve, rule = _require(definition.resolve), policy.allow
    points = own_points(definition, policy.weight)
    prefix = ("input",) if "input" in definition.args else ()

    async def guarded(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        ctx: Context = info.context
        ctx.spent += points
        arguments = _check_write(ctx, rule, arguments)
        try:
            return await resolve(source, info, **arguments)
        except ChenuError as error:
            if not all(isinstance(each, RefusedError) for each in error.each):
                raise
            refusals = [describe_refusal(each, ctx.locale, prefix) for each in error.each]
            return Payload(user_errors=refusals)

    return guarded


def _check_write(ctx: Context, rule: Rule, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the resolver gets them."""
    require_write(ctx, rule)
    rule.require(ctx)
    ctx.forget_loaded()
    return read_text(arguments)


def read_text(arguments: dict[str, Any]) -> dict[str, Any]:
    """Normalises every text as it is compared and stored.

    Raises BadInput with the place of NUL or half a surrogate pair: PostgreSQL holds neither.
    """
    try:
        return {name: _read(value, (name,)) for name, value in arguments.items()}
    except RecursionError:
        raise BadInput("The input is nested too deeply") from None


def _read(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        if has_unstorable(value):
            raise BadInput("Please send text without NUL and lone surrogates", path=path)
        return compose(value) if _AS_SENT.isdisjoint(path) else value
    if isinstance(value, dict):
        return {_read(name, path): _read(part, (*path, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [_read(entry, (*path, str(index))) for index, entry in enumerate(value)]
    return value
