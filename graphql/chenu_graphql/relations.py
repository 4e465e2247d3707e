"""Fields that are looked up by a key of their object: all rows' keys are asked for at once.

A resolver that is declared so is the usual coroutine for graphql-core. A compiled query gathers the
keys of a whole list and asks the loader once, without a coroutine for each row (decisions/0103).
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import strawberry

from chenu_graphql.batching import Loader
from chenu_graphql.context import Context, Info
from chenu_graphql.permissions import Rule

_RELATION = "chenu_relation"


class Relation(msgspec.Struct, frozen=True):
    """`make` makes the field's value of what the loader found, if that is not the value itself."""

    find_loader: Callable[[Context], Loader[Any, Any]]
    find_key: Callable[[Any], Any]
    make: Callable[[Any], Any] | None = None

    def complete(self, found: Any) -> Any:
        return found if self.make is None else self.make(found)


def by_key(
    find_loader: Callable[[Context], Loader[Any, Any]],
    find_key: Callable[[Any], Any],
    make: Callable[[Any], Any] | None = None,
) -> Callable[..., Awaitable[Any]]:
    """A resolver. An object without a key has null, of which `make` is not asked."""
    relation = Relation(find_loader, find_key, make)

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        key = find_key(root)
        if key is None:
            return None
        return relation.complete(await find_loader(info.context).load(key))

    setattr(resolve, _RELATION, relation)
    return resolve


def find_relation(resolver: object) -> Relation | None:
    """None for a resolver that does anything else."""
    return getattr(resolver, _RELATION, None)


class GuardedRelation(msgspec.Struct, frozen=True):
    """With what the field costs and asks of its caller, as its guarded resolver has it."""

    relation: Relation
    points: int
    rule: Rule

    @property
    def meaning(self) -> str:
        """For people who read the compiled query."""
        return f"the rows of all keys at once, for {self.rule.name}"

    def find_key(self, ctx: Context, source: Any) -> Any:
        """Raises what the rule raises."""
        ctx.spent += self.points
        self.rule.require(ctx, source)
        return self.relation.find_key(source)
