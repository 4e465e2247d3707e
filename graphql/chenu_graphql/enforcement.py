"""Enforces each field's declared permission and cost, normalises texts, turns refusals into data.

A field without a declaration stops the schema from being built: deny by default.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_nullable_type,
    is_leaf_type,
)
from strawberry.types.arguments import convert_argument
from strawberry.types.field import StrawberryField

from chenu.accounts.errors import SignInAgain
from chenu.core.errors import BadInput, ChenuError, RefusedError
from chenu.core.text import compose, has_unstorable
from chenu_graphql.context import Context
from chenu_graphql.errors import describe_refusal
from chenu_graphql.fields import Policy
from chenu_graphql.limits import own_points
from chenu_graphql.payloads import Payload
from chenu_graphql.permissions import Rule, require_write
from chenu_graphql.policies import find_field_policy, get_definition
from chenu_graphql.readers import Reader, mark_reader
from chenu_graphql.relations import GuardedRelation, find_relation

Resolver = Callable[..., Any]

_RESERVED = {"root", "info"}
_AS_SENT = {"password", "currentPassword", "newPassword", "manifest"}
"""Older password hashes are of the text as typed, and a manifest is sold unchanged."""


class UndeclaredField(Exception):
    """A field of the schema declares no permission or cost."""


def own_fields(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """Every field of every object type that we define."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, definition in kind.fields.items():
                yield kind, name, definition


def enforce(built: strawberry.Schema) -> GraphQLSchema:
    """Wraps the resolvers of a freshly built schema; it as graphql-core executes it.

    Raises UndeclaredField.
    """
    schema: GraphQLSchema = built._schema  # noqa: SLF001 - has no public name
    registry = built.schema_converter.scalar_registry
    convert = partial(convert_argument, scalar_registry=registry, config=built.config)
    for kind, name, definition in own_fields(schema):
        policy = find_field_policy(definition)
        if policy is None:
            raise UndeclaredField(f"{kind.name}.{name}")
        if kind is schema.mutation_type:
            definition.resolve = _guard_mutation(definition, policy)
        elif kind is schema.subscription_type:
            definition.subscribe = _guard_query(definition, policy, definition.subscribe)
        else:
            plain = _plain_resolver(definition, convert)
            definition.resolve = _guard_query(definition, policy, plain)
            mark_reader(definition, _describe(definition, policy))
        kind.is_type_of = None  # sources are rows, never instances of the API's classes
    return schema


def _describe(definition: GraphQLField, policy: Policy) -> Reader:
    """Of a resolver that is guarded already."""
    rule, points = policy.allow, own_points(definition, policy.weight)
    is_open = rule.check is None and not rule.scopes
    field = get_definition(definition)
    is_attribute = field.base_resolver is None and is_open and not points
    attribute = field.python_name if is_attribute else None
    relation = find_relation(field.base_resolver.wrapped_func) if field.base_resolver else None
    guarded = GuardedRelation(relation, points, rule) if relation else None
    return Reader(_require(definition.resolve), attribute, points, is_open, guarded)


def _plain_resolver(definition: GraphQLField, convert: Resolver) -> Resolver:
    """The function is called directly: Strawberry's wrapper costs more than most fields."""
    field = get_definition(definition)
    if field.base_resolver is None:
        return _read_attribute(field)
    function: Any = field.base_resolver.wrapped_func
    names = inspect.signature(function).parameters.keys()
    if names - _RESERVED - {argument.python_name for argument in field.arguments}:
        raise TypeError(f"{function} takes more than its arguments and {_RESERVED}")
    reserved = names & _RESERVED
    if definition.args:
        return _with_arguments(definition, function, reserved, convert)
    calls: dict[frozenset[str], Resolver] = {
        frozenset(): lambda _source, _info: function(),
        frozenset({"root"}): lambda source, _info: function(source),
        frozenset({"info"}): lambda _source, info: function(info),
        frozenset(_RESERVED): lambda source, info: function(source, info),
    }
    return calls[frozenset(reserved)]


def _with_arguments(
    definition: GraphQLField, function: Any, reserved: set[str], convert: Resolver
) -> Resolver:
    """Numbers, texts and enums came as Python has them; Strawberry makes objects and lists."""
    arguments = get_definition(definition).arguments
    known = dict(zip(definition.args, arguments, strict=True))
    names = {name: argument.python_name for name, argument in known.items()}
    made = [
        (name, argument.python_name, argument.type)
        for name, argument in known.items()
        if not is_leaf_type(get_nullable_type(definition.args[name].type))
    ]

    def resolve(source: Any, info: Any, **sent: Any) -> Any:
        values = {names[name]: value for name, value in sent.items()}
        for name, python_name, kind in made:
            if sent.get(name) is not None:
                values[python_name] = convert(sent[name], kind)
        shared = {"root": source, "info": info}
        return function(**values, **{name: shared[name] for name in reserved})

    return resolve


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
        return resolve(source, info, **read_text(arguments)) if arguments else resolve(source, info)

    return guarded


def _guard_mutation(definition: GraphQLField, policy: Policy) -> Resolver:
    """For mutations: a refused request becomes the payload's userErrors, a broken one a top-level
    error.
    """
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
            if not all(isinstance(each, RefusedError | SignInAgain) for each in error.each):
                raise
            refusals = [describe_refusal(each, ctx.locale, prefix) for each in error.each]
            return Payload(user_errors=refusals)

    return guarded


def _check_write(ctx: Context, rule: Rule, arguments: dict[str, Any]) -> dict[str, Any]:
    """Checks that the caller may write; returns the arguments for the resolver."""
    require_write(ctx, rule)
    rule.require(ctx)
    ctx.begin_write()
    return read_text(arguments)


def read_text(arguments: dict[str, Any]) -> dict[str, Any]:
    """Normalises every text as it is compared and stored.

    Raises BadInput with the path of a NUL or a lone surrogate, which PostgreSQL cannot store.
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
