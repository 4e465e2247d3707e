"""What a statement names: columns, values, tables, and where each name is looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """Of one mention of a table, by its number in the statement."""

    mention: int
    name: str


@dataclass(frozen=True)
class Given:
    """One value: a parameter, or a constant."""

    what: str

    @property
    def is_sent(self) -> bool:
        return self.what.startswith("$")


@dataclass(frozen=True)
class Element:
    """One of an array's values: of a parameter, or of a list in the statement."""

    what: str

    @property
    def is_sent(self) -> bool:
        return self.what.startswith("$")


Term = Column | Given | Element
Place = tuple[int, ...]


@dataclass(frozen=True)
class Mention:
    """A table, or a function that stands for the tables that it touches.

    `place`: the expressions within whose queries it stands, from the outside.
    """

    number: int
    name: str
    place: "Place"
    is_function: bool = False


@dataclass
class Source:
    """What a FROM clause names: its columns by name. `is_open`: may have others, unknown."""

    columns: dict[str, Term | None] = field(default_factory=dict)
    is_open: bool = False


@dataclass
class Scope:
    parent: "Scope | None" = None
    sources: dict[str, Source] = field(default_factory=dict)
    common: dict[str, Source] = field(default_factory=dict)

    def chain(self) -> Iterator["Scope"]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find_common(self, name: str) -> Source | None:
        found = (each.common.get(name) for each in self.chain())
        return next((source for source in found if source is not None), None)

    def find(self, names: tuple[str, ...]) -> Term | None:
        """A column by its name, with or without its table's."""
        for scope in self.chain():
            if len(names) > 1 and names[-2] in scope.sources:
                return scope.sources[names[-2]].columns.get(names[-1])
            if len(names) == 1:
                for source in scope.sources.values():
                    if names[0] in source.columns:
                        return source.columns[names[0]]
        return None


Outputs = list[tuple[str, Term | None]]


@dataclass(frozen=True)
class Schema:
    """Tables with their columns in order, views by their text, parameters of functions.

    `partitions` are mentions of their table.
    """

    tables: Mapping[str, tuple[str, ...]]
    views: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partitions: Mapping[str, str] = field(default_factory=dict)
