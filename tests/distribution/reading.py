"""What a statement touches, read by PostgreSQL's own parser: tables, and what is equal in it.

Columns, parameters and elements of arrays that a statement holds to be equal are one class. So it
shows whether the column by which a table is distributed is given.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, BoolExprType, SetOperation, SubLinkType

from tests.distribution.terms import (
    Column,
    Element,
    Given,
    Mention,
    Outputs,
    Place,
    Schema,
    Scope,
    Source,
    Term,
)


class Reading:
    """One statement. `touching` are the functions that stand for tables."""

    def __init__(self, sql: str, schema: Schema, touching: Mapping[str, str | None]) -> None:
        self.schema = schema
        self.touching = touching
        self.mentions: list[Mention] = []
        self.written: set[str] = set()
        self.called: set[str] = set()
        self._equal_at: dict[Place, list[tuple[Term, Term]]] = {}
        self._place: Place = ()
        self._outputs: dict[int, Outputs] = {}
        [statement] = parse_sql(sql)
        self.verb = type(statement.stmt).__name__.removesuffix("Stmt").upper()
        self._statement(statement.stmt, Scope())

    def given(self, mention: Mention, column: str) -> set[Given | Element]:
        """What the column is equal to."""
        found = self.class_of(Column(mention.number, column), mention.place)
        return {term for term in found if not isinstance(term, Column)}

    def columns_given(self, mention: Mention) -> list[str]:
        """Its columns that are equal to parameters."""
        return [
            column
            for column in sorted(self.schema.tables[mention.name])
            if any(each.is_sent for each in self.given(mention, column))
        ]

    def class_of(self, term: Term, place: Place) -> set[Term]:
        """All that is equal to it there.

        What a query within an expression says to be equal is so within it, not around it.
        """
        pairs = [
            pair
            for length in range(len(place) + 1)
            for pair in self._equal_at.get(place[:length], ())
        ]
        found = {term}
        while more := {each for pair in pairs if found & set(pair) for each in pair} - found:
            found |= more
        return found

    def _equal(self, one: Term | None, other: Term | None) -> None:
        if one is not None and other is not None:
            self._equal_at.setdefault(self._place, []).append((one, other))

    def _mention(self, name: str, *, is_function: bool = False) -> Mention:
        mention = Mention(len(self.mentions), name, self._place, is_function)
        self.mentions.append(mention)
        return mention

    def _table(self, name: str) -> Source:
        name = self.schema.partitions.get(name, name)
        mention = self._mention(name)
        columns: dict[str, Term | None] = {
            column: Column(mention.number, column) for column in self.schema.tables[name]
        }
        return Source(columns)

    # Statements

    def _statement(self, node: Any, scope: Scope) -> Outputs:
        match node:
            case ast.SelectStmt():
                return self._select(node, Scope(scope))
            case ast.InsertStmt():
                return self._insert(node, Scope(scope))
            case ast.UpdateStmt() | ast.DeleteStmt():
                return self._change(node, Scope(scope))
        return []

    def _with(self, clause: Any, scope: Scope) -> None:
        for each in clause.ctes if clause else ():
            if clause.recursive:
                scope.common[each.ctename] = Source(is_open=True)
            source = Source(dict(self._statement(each.ctequery, scope)))
            if each.aliascolnames:
                names = [name.sval for name in each.aliascolnames]
                source = Source(dict(zip(names, source.columns.values(), strict=False)))
            scope.common[each.ctename] = source

    def _select(self, node: ast.SelectStmt, scope: Scope) -> Outputs:
        self._with(node.withClause, scope)
        if node.op != SetOperation.SETOP_NONE:
            left, right = (
                self._select(node.larg, Scope(scope)),
                self._select(node.rarg, Scope(scope)),
            )
            self._visit(node.sortClause, scope)
            return [
                (name, one if one and other in self.class_of(one, self._place) else None)
                for (name, one), (_, other) in zip(left, right, strict=True)
            ]
        if node.valuesLists:
            return self._values(node.valuesLists, scope)
        for item in node.fromClause or ():
            self._from(item, scope)
        self._condition(node.whereClause, scope)
        for part in (node.groupClause, node.havingClause, node.sortClause, node.limitCount):
            self._visit(part, scope)
        self._visit(node.distinctClause, scope)
        return self._targets(node.targetList, scope)

    def _values(self, rows: Any, scope: Scope) -> Outputs:
        self._visit(rows, scope)
        columns = list(zip(*rows, strict=True))
        terms = [self._term(column[0], scope) if len(column) == 1 else None for column in columns]
        return [(f"column{number + 1}", term) for number, term in enumerate(terms)]

    def _targets(self, targets: Any, scope: Scope) -> Outputs:
        outputs: Outputs = []
        for target in targets or ():
            value = target.val
            names = _names(value) if isinstance(value, ast.ColumnRef) else ()
            if names and names[-1] == "*":
                for alias, source in scope.sources.items():
                    if len(names) == 1 or alias == names[0]:
                        outputs += source.columns.items()
                continue
            self._visit(value, scope)
            called = value.funcname[-1].sval if isinstance(value, ast.FuncCall) else ""
            outputs.append(
                (target.name or (names[-1] if names else called), self._term(value, scope))
            )
        return outputs

    def _insert(self, node: ast.InsertStmt, scope: Scope) -> Outputs:
        self._with(node.withClause, scope)
        name = node.relation.relname
        self.written.add(name)
        source = self._table(name)
        wanted = [target.name for target in node.cols or ()] or list(source.columns)
        if node.selectStmt:
            values = self._select(node.selectStmt, Scope(scope))
            for column, (_, value) in zip(wanted, values, strict=False):
                self._equal(source.columns[column], value)
        alias = node.relation.alias.aliasname if node.relation.alias else name
        scope.sources = {alias: source, "excluded": Source(is_open=True)}
        if node.onConflictClause:
            self._visit(node.onConflictClause.targetList, scope)
            self._visit(node.onConflictClause.whereClause, scope)
        del scope.sources["excluded"]
        return self._targets(_returned(node), scope)

    def _change(self, node: Any, scope: Scope) -> Outputs:
        self._with(node.withClause, scope)
        name = node.relation.relname
        self.written.add(name)
        self._from(node.relation, scope)
        others = node.fromClause if isinstance(node, ast.UpdateStmt) else node.usingClause
        for item in others or ():
            self._from(item, scope)
        self._condition(node.whereClause, scope)
        if isinstance(node, ast.UpdateStmt):
            self._visit(node.targetList, scope)
        return self._targets(_returned(node), scope)

    # What FROM names

    def _from(self, item: Any, scope: Scope) -> None:
        match item:
            case ast.RangeVar():
                name = item.alias.aliasname if item.alias else item.relname
                scope.sources[name] = self._named(item, scope)
            case ast.JoinExpr():
                self._join(item, scope)
            case ast.RangeSubselect():
                outputs = dict(self._select(item.subquery, Scope(scope)))
                scope.sources[item.alias.aliasname] = Source(_renamed(outputs, item.alias))
            case ast.RangeFunction():
                self._function_rows(item, scope)

    def _named(self, item: ast.RangeVar, scope: Scope) -> Source:
        name = item.relname
        common = scope.find_common(name)
        if common is not None:
            return common
        if name in self.schema.views:
            [view] = parse_sql(self.schema.views[name])
            return Source(dict(self._select(view.stmt, Scope())))
        known = name in self.schema.tables or name in self.schema.partitions
        return self._table(name) if known else Source(is_open=True)

    def _join(self, item: ast.JoinExpr, scope: Scope) -> None:
        before = set(scope.sources)
        self._from(item.larg, scope)
        left = set(scope.sources) - before
        self._from(item.rarg, scope)
        right = set(scope.sources) - before - left
        for using in item.usingClause or ():
            sides = [
                next(iter(scope.sources[alias].columns.get(using.sval) for alias in side), None)
                for side in (left, right)
            ]
            self._equal(*sides)
        self._condition(item.quals, scope)

    def _function_rows(self, item: ast.RangeFunction, scope: Scope) -> None:
        [[call, _], *_more] = item.functions
        self._visit(call, scope)
        name = call.funcname[-1].sval if isinstance(call, ast.FuncCall) else ""
        alias = item.alias.aliasname if item.alias else name
        if name != "unnest":
            scope.sources[alias] = Source(is_open=True)
            return
        names = [each.sval for each in item.alias.colnames or ()] if item.alias else []
        terms = [self._element(argument, scope) for argument in call.args]
        named = zip(names or [alias], terms, strict=False)
        scope.sources[alias] = Source(dict(named), is_open=True)

    # Expressions

    def _condition(self, node: Any, scope: Scope) -> None:
        """What has to hold: what it says to be equal is."""
        if isinstance(node, ast.BoolExpr) and node.boolop == BoolExprType.AND_EXPR:
            for part in node.args:
                self._condition(part, scope)
            return
        self._visit(node, scope)
        if isinstance(node, ast.A_Expr) and node.name[-1].sval == "=":
            self._compare(node, scope)
        elif isinstance(node, ast.SubLink) and node.subLinkType == SubLinkType.ANY_SUBLINK:
            [(_, term), *_more] = self._outputs[id(node)]
            self._equal(self._term(node.testexpr, scope), term)

    def _compare(self, node: ast.A_Expr, scope: Scope) -> None:
        left = self._term(node.lexpr, scope)
        match node.kind:
            case A_Expr_Kind.AEXPR_OP:
                self._equal(left, self._term(node.rexpr, scope))
            case A_Expr_Kind.AEXPR_OP_ANY:
                self._equal(left, self._element(node.rexpr, scope))
            case A_Expr_Kind.AEXPR_IN if len(node.rexpr) == 1:
                self._equal(left, self._term(node.rexpr[0], scope))
            case A_Expr_Kind.AEXPR_IN:
                self._equal(left, Element(f"list {id(node)}"))

    def _term(self, node: Any, scope: Scope) -> Term | None:
        match node:
            case ast.TypeCast():
                return self._term(node.arg, scope)
            case ast.ColumnRef():
                return scope.find(_names(node))
            case ast.ParamRef():
                return Given(f"${node.number}")
            case ast.A_Const() if not node.isnull:
                return Given(f"constant {node.val}")
            case ast.SubLink() if node.subLinkType == SubLinkType.EXPR_SUBLINK:
                return self._outputs[id(node)][0][1]
        return None

    def _element(self, node: Any, scope: Scope) -> Term | None:
        """An element of an array."""
        match node:
            case ast.TypeCast():
                return self._element(node.arg, scope)
            case ast.ParamRef():
                return Element(f"${node.number}")
            case ast.A_ArrayExpr() if node.elements and len(node.elements) == 1:
                return self._term(node.elements[0], scope)
        return None

    def _visit(self, node: Any, scope: Scope) -> None:
        """Queries and calls within any expression; nothing that it compares has to hold."""
        match node:
            case ast.SubLink():
                self._visit(node.testexpr, scope)
                around, self._place = self._place, (*self._place, id(node))
                self._outputs[id(node)] = self._select(node.subselect, Scope(scope))
                self._place = around
                return
            case ast.FuncCall():
                self._call(node, scope)
        for part in _parts(node):
            self._visit(part, scope)

    def _call(self, node: ast.FuncCall, scope: Scope) -> None:
        name = node.funcname[-1].sval
        self.called.add(name)
        if name not in self.touching:
            return
        mention = self._mention(name, is_function=True)
        by = self.touching[name]
        parameters = self.schema.functions[name]
        if by is not None and by in parameters:
            argument = node.args[parameters.index(by)]
            self._visit(argument, scope)
            array = by.endswith("s")
            given = self._element(argument, scope) if array else self._term(argument, scope)
            self._equal(Column(mention.number, by), given)


def _names(node: ast.ColumnRef) -> tuple[str, ...]:
    return tuple("*" if isinstance(each, ast.A_Star) else each.sval for each in node.fields)


def _returned(node: Any) -> Any:
    clause = getattr(node, "returningClause", None)
    return clause.exprs if clause else getattr(node, "returningList", None)


def _renamed(outputs: dict[str, Term | None], alias: Any) -> dict[str, Term | None]:
    if not alias.colnames:
        return outputs
    names = [each.sval for each in alias.colnames]
    return dict(zip(names, outputs.values(), strict=False))


def _parts(node: Any) -> Iterable[Any]:
    if isinstance(node, ast.Node):
        return [getattr(node, name) for name in node if getattr(node, name) is not None]
    return node if isinstance(node, tuple | list) else ()
