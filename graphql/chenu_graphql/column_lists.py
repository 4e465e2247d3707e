"""Lists of which a query shows nothing but columns: rows go straight into the answer.

The resolver of the list is told which columns are shown and reads those alone; it may read whole
rows all the same. decisions/0093.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from graphql import FieldNode, GraphQLField, GraphQLList, GraphQLObjectType, get_nullable_type

from chenu_graphql.agent_columns import AGENT_COLUMNS, Column, Part, Shown
from chenu_graphql.completing import write_leaf, write_made, write_value
from chenu_graphql.readers import find_reader
from chenu_graphql.selections import Selections
from chenu_graphql.source_text import SourceText

_ID = "id"


class _NoColumn(Exception):
    """A field that is selected is more than a column."""


class ColumnList(msgspec.Struct):
    """`key` is that of the edges, `name` what generated code calls the columns that are shown.

    `lines` make one edge of the columns, by their names.
    """

    key: str
    name: str
    shown: Shown
    lines: list[str]
    points: int

    def write(self, source: SourceText) -> str:
        """The name of a function that makes the edges from a connection."""
        lines = [
            "rows = source.page.rows",
            f"run.context.spent += {self.points} * len(rows)",
            "return [",
            *(f"    {line}" for line in self.lines),
            f"    for {', '.join(self.shown.names)}, sort_value in rows",
            "]",
        ]
        return source.add(source.new_name(f"edges_of_{self.name}"), "source, run", lines)


def find_column_list(
    kind: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    selections: Selections,
    source: SourceText,
) -> ColumnList | None:
    """None unless this is a connection whose edges are selected once and hold columns alone."""
    edge = _find_edge(kind)
    if edge is None:
        return None
    merged = selections.merge(kind, nodes)
    keys = [key for key, each in merged.items() if each[0].name.value == "edges"]
    if len(keys) != 1:
        return None
    writer = _Writer(selections, source)
    try:
        lines = writer.write_edge(edge, merged[keys[0]])
    except _NoColumn:
        return None
    shown = Shown(tuple(dict.fromkeys((_ID, *writer.names))))
    return ColumnList(keys[0], source.name("shown", shown), shown, lines, writer.points)


def _find_edge(kind: GraphQLObjectType) -> GraphQLObjectType | None:
    """The type of its edges where they are of agents."""
    edges = kind.fields.get("edges")
    entries = _bare_type(edges) if edges is not None and _is_plain(edges) else None
    edge: Any = get_nullable_type(entries.of_type) if isinstance(entries, GraphQLList) else None
    node = edge.fields.get("node") if isinstance(edge, GraphQLObjectType) else None
    is_agent = node is not None and getattr(_bare_type(node), "name", "") == "Agent"
    return edge if is_agent else None


def _bare_type(definition: GraphQLField) -> Any:
    return get_nullable_type(definition.type)


def _is_plain(definition: GraphQLField) -> bool:
    """Whether a column may stand for what the resolver does: it asks for no permission."""
    reader = find_reader(definition)
    return reader is not None and reader.is_open and not definition.args


class _Writer(msgspec.Struct):
    """Collects columns and the points that their fields cost, in each row."""

    selections: Selections
    source: SourceText
    names: list[str] = msgspec.field(default_factory=list)
    points: int = 0

    def write_edge(self, edge: GraphQLObjectType, nodes: Sequence[FieldNode]) -> list[str]:
        lines = ["{"]
        for key, below in self.selections.merge(edge, nodes).items():
            name = below[0].name.value
            if name == "__typename":
                lines.append(f"    {key!r}: {edge.name!r},")
            elif name == "node":
                definition = self._count(edge, name)
                lines += self._nest(key, self._write_row(definition, AGENT_COLUMNS, below))
            else:
                raise _NoColumn
        return [*lines, "}"]

    def _write_row(
        self, definition: GraphQLField, known: Mapping[str, Any], nodes: Sequence[FieldNode]
    ) -> list[str]:
        kind = get_nullable_type(definition.type)
        if not isinstance(kind, GraphQLObjectType):
            raise _NoColumn
        lines = ["{"]
        for key, below in self.selections.merge(kind, nodes).items():
            name = below[0].name.value
            if name == "__typename":
                lines.append(f"    {key!r}: {kind.name!r},")
                continue
            column: Column | Part | None = known.get(name)
            inner = self._count(kind, name)
            if isinstance(column, Part):
                self.names.append(column.present)
                row = self._write_row(inner, column.columns, below)
                row[0] = f"None if {column.present} is None else {{"
                lines += self._nest(key, row)
            elif column is not None:
                lines.append(f"    {key!r}: {self._write_column(inner, column)},")
            else:
                raise _NoColumn
        return [*lines, "}"]

    def _nest(self, key: str, lines: list[str]) -> Iterator[str]:
        first, *rest = lines
        yield f"    {key!r}: {first}"
        for line in rest[:-1]:
            yield f"    {line}"
        yield f"    {rest[-1]},"

    def _count(self, kind: GraphQLObjectType, name: str) -> GraphQLField:
        definition: GraphQLField | None = kind.fields.get(name)
        reader = find_reader(definition) if definition is not None else None
        if definition is None or reader is None or not _is_plain(definition):
            raise _NoColumn
        self.points += reader.points
        return definition

    def _write_column(self, definition: GraphQLField, column: Column) -> str:
        """A list's entries are completed one by one; a column that is made, where it is made."""
        self.names += column.names
        names, kind = ", ".join(column.names), definition.type
        if isinstance(bare := get_nullable_type(kind), GraphQLList):
            complete = write_leaf(bare.of_type, self.source)
            entry = write_value(bare.of_type, "entry", f"{complete}(entry, run)", self.source)
            return f"[{entry} for entry in {names}]"
        complete = write_leaf(kind, self.source)
        if column.make is None:
            return write_value(kind, names, f"{complete}({names}, run)", self.source)
        made = f"{self.source.name(f'make_{column.names[0]}', column.make)}({names})"
        return write_made(kind, made, complete)
