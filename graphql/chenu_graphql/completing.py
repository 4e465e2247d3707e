"""How a resolved value becomes a part of the answer, one function for each type of leaf.

None of them words an error: what does not fit raises NotCompiled, and graphql-core says what is
wrong and where.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
    get_nullable_type,
)

from chenu_graphql.fallbacks import FallbackReason, NotCompiled
from chenu_graphql.query_runs import Complete, QueryRun
from chenu_graphql.source_text import SourceText

Leaf = GraphQLScalarType | GraphQLEnumType

_AS_THEY_ARE: Mapping[Any, str] = {
    GraphQLString: "{value}.__class__ is str",
    GraphQLID: "{value}.__class__ is str",
    GraphQLBoolean: "{value}.__class__ is bool",
    GraphQLInt: (
        f"{{value}}.__class__ is int and {GRAPHQL_MIN_INT} <= {{value}} <= {GRAPHQL_MAX_INT}"
    ),
}
"""Python that is true of values which need no coercion: for the usual ones nothing is called."""


def refuse_null() -> None:
    """A null where the schema promises a value."""
    raise NotCompiled(FallbackReason.NULL_IN_NON_NULL)


def refuse_value() -> None:
    raise NotCompiled(FallbackReason.INVALID_VALUE)


def write_value(kind: GraphQLOutputType, value: str, otherwise: str, source: SourceText) -> str:
    """Python that is the completed value of this name; `otherwise` completes any."""
    bare: Any = get_nullable_type(kind)
    if isinstance(bare, GraphQLEnumType):
        names = source.name(f"names_of_{bare.name}", _names_of(bare))
        return f"{names}.get({value}) or {otherwise}"
    test = _AS_THEY_ARE.get(bare)
    return f"{value} if {test.format(value=value)} else {otherwise}" if test else otherwise


def write_made(kind: GraphQLOutputType, call: str, complete: str) -> str:
    """The same of what a call gives, by the name of a function that completes any."""
    if get_nullable_type(kind) in (GraphQLString, GraphQLID):
        return f"value if (value := {call}).__class__ is str else {complete}(value, run)"
    return f"{complete}({call}, run)"


@cache
def _names_of(kind: GraphQLEnumType) -> Mapping[str, str]:
    """What the answer says, by the value of a row."""
    return {str(value.value): name for name, value in kind.values.items()}


def write_leaf(kind: GraphQLOutputType, source: SourceText) -> str:
    """The name of a function that completes any value of this type of leaf."""
    bare: Any = get_nullable_type(kind)
    is_nullable = not isinstance(kind, GraphQLNonNull)
    name = f"{bare.name}_or_null" if is_nullable else f"{bare.name}"
    return source.name(name, _leaf(bare, is_nullable))


@cache
def _leaf(kind: Leaf, is_nullable: bool) -> Complete:
    coerce = _find_coercion(kind)

    def complete(value: Any, _run: QueryRun) -> Any:
        if value is None:
            return None if is_nullable else refuse_null()
        if isinstance(value, Exception):  # graphql-core raises errors that resolvers return
            raise value
        coerced = coerce(value)
        if coerced is None:
            refuse_value()
        return coerced

    return complete


def _find_coercion(kind: Leaf) -> Callable[[Any], Any]:
    """The type's own, with a shorter way for the usual values of enums."""
    coerce = kind.coerce_output_value
    if isinstance(kind, GraphQLEnumType):
        names = _names_of(kind)
        return lambda value: (isinstance(value, str) and names.get(value)) or coerce(value)
    return coerce
