"""Queries turned into Python once, instead of being interpreted at each execution.

`chenu graphql explain` prints what becomes of a query. A compiled query can only succeed: whatever
is unusual, in the document or while it runs, is left to graphql-core, so that errors have one
source of words and places. Queries change nothing, so running one twice is safe; mutations and
subscriptions are never compiled. Decisions 0010 and 0093.
"""

from collections.abc import Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_nullable_type,
    is_leaf_type,
)

from chenu_graphql.arguments import Arguments, PlainVariables
from chenu_graphql.column_lists import ColumnList, find_column_list
from chenu_graphql.completing import refuse_null, refuse_value, write_leaf, write_value
from chenu_graphql.conditions import Flags
from chenu_graphql.fallbacks import FallbackReason, NotCompiled
from chenu_graphql.query_runs import CompiledQuery
from chenu_graphql.readers import find_reader
from chenu_graphql.selections import Parent, Selections
from chenu_graphql.source_text import SourceText


def compile_query(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    flags: Flags,
) -> CompiledQuery:
    """For a query of a valid document, sent with these values of the variables of its directives.

    Raises NotCompiled for what only graphql-core can do.
    """
    if operation.directives:
        raise NotCompiled(FallbackReason.DIRECTIVE)
    root = schema.query_type
    if root is None:
        raise TypeError("the schema has no queries")
    source = SourceText()
    name = _Compiler(Selections(schema, document, flags), schema, source).write_object(
        root, [operation]
    )
    variables, complete = PlainVariables(operation), source.load(name)
    return CompiledQuery(
        operation, variables, complete, source.text, tuple(source.list_explained())
    )


class _Compiler:
    """Writes a function for each object and list that is selected."""

    def __init__(self, selections: Selections, schema: GraphQLSchema, source: SourceText) -> None:
        self._selections = selections
        self._schema = schema
        self._source = source

    def write_object(
        self,
        kind: GraphQLObjectType,
        parents: Sequence[Parent],
        checks: Sequence[str] = (),
        listed: ColumnList | None = None,
    ) -> str:
        """The name of a function that makes the answer's object from a source.

        `listed`: what it has in place of edges where the source holds no more than columns.
        """
        name = self._source.new_name(kind.name)
        lines = [*checks, "answer = {}"]
        for key, nodes in self._selections.merge(kind, parents).items():
            written = self._write_field(kind, key, nodes)
            if listed is not None and key == listed.key:
                written = _choose(listed, written, self._source)
            lines += written
        return self._source.add(name, "source, run", [*lines, "return answer"])

    def _write_field(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> list[str]:
        """What needs no coercion goes into the answer as it is; what has to be awaited, later."""
        name = nodes[0].name.value
        if name == "__typename":
            return [f"answer[{key!r}] = {kind.name!r}"]
        definition = kind.fields.get(name)
        if definition is None:
            raise NotCompiled(FallbackReason.INTROSPECTION)
        listed = self._find_columns(definition.type, nodes)
        complete = self._write_type(definition.type, nodes, listed=listed)
        reader = find_reader(definition)
        if reader is not None and reader.relation is not None:
            related = self._source.name(f"{kind.name}_{name}", reader.relation)
            return [f"answer[{key!r}] = run.relate({related}, source, answer, {key!r}, {complete})"]
        if reader is not None and reader.attribute is not None:
            call, rest = f"source.{reader.attribute}", f"{complete}(value, run)"
        else:
            info = "run" if listed is None else f"run.showing({listed.name})"
            call = self._write_call(f"{kind.name}_{name}", definition, nodes[0], info)
            rest = f"run.finish(value, answer, {key!r}, {complete})"
        value = write_value(definition.type, "value", rest, self._source)
        return [f"value = {call}", f"answer[{key!r}] = {value}"]

    def _write_call(self, path: str, definition: GraphQLField, node: FieldNode, info: str) -> str:
        resolver = self._source.name(f"resolve_{path}", definition.resolve)
        if not definition.args:
            return f"{resolver}(source, {info})"
        sent = self._source.name(f"arguments_{path}", Arguments(definition, node))
        return f"{resolver}(source, {info}, **run.read_arguments({sent}))"

    def _find_columns(
        self, kind: GraphQLOutputType, nodes: Sequence[FieldNode]
    ) -> ColumnList | None:
        bare: object = get_nullable_type(kind)
        if not isinstance(bare, GraphQLObjectType):
            return None
        return find_column_list(bare, nodes, self._selections, self._source)

    def _write_type(
        self,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        null: str = "None",
        listed: ColumnList | None = None,
    ) -> str:
        """The name of a function that completes a value of this type."""
        if is_leaf_type(get_nullable_type(kind)):
            return write_leaf(kind, self._source)
        if isinstance(kind, GraphQLNonNull):
            return self._write_type(kind.of_type, nodes, self._name_refusal(), listed)
        null_check = ["if source is None:", f"    return {null}"]
        if isinstance(kind, GraphQLList):
            return self._write_list(kind.of_type, nodes, null_check)
        checks = [*null_check, "if isinstance(source, Exception):", "    raise source"]
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return self._write_abstract(kind, nodes, checks)
        if isinstance(kind, GraphQLObjectType):
            return self.write_object(kind, nodes, checks, listed)
        raise TypeError(f"{kind} is no type of an answer")

    def _name_refusal(self) -> str:
        return f"{self._source.name('refuse_null', refuse_null)}()"

    def _write_list(
        self, kind: GraphQLOutputType, nodes: list[FieldNode], null_check: list[str]
    ) -> str:
        complete = self._write_type(kind, nodes)
        entry = write_value(kind, "entry", f"{complete}(entry, run)", self._source)
        refuse = self._source.name("refuse_value", refuse_value)
        lines = [
            *null_check,
            "if not isinstance(source, (list, tuple)):",
            f"    {refuse}()",
            f"return [{entry} for entry in source]",
        ]
        return self._source.add(self._source.new_name(f"{complete}_list"), "source, run", lines)

    def _write_abstract(
        self,
        kind: GraphQLInterfaceType | GraphQLUnionType,
        nodes: list[FieldNode],
        checks: list[str],
    ) -> str:
        resolve = self._source.name(f"type_of_{kind.name}", kind.resolve_type)
        lines = [*checks, f"name = {resolve}(source, run, None)"]
        for possible in self._schema.get_possible_types(kind):
            written = self.write_object(possible, nodes)
            lines += [f"if name == {possible.name!r}:", f"    return {written}(source, run)"]
        refuse = self._source.name("refuse_value", refuse_value)
        return self._source.add(
            self._source.new_name(kind.name), "source, run", [*lines, f"{refuse}()"]
        )


def _choose(listed: ColumnList, resolved: Sequence[str], source: SourceText) -> list[str]:
    """By what the resolver of the list has read: columns or whole rows."""
    return [
        f"if source.shown is {listed.name}:",
        f"    answer[{listed.key!r}] = {listed.write(source)}(source, run)",
        "else:",
        *(f"    {line}" for line in resolved),
    ]
