"""Reads the installed stripe SDK's sources as data: classes, members, routes. Runs none of them."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from chenu.sandbox.contract.types import (
    ANYTHING,
    NULL,
    STRING,
    Array,
    Dictionary,
    Enumeration,
    Expandable,
    Member,
    Node,
    Page,
    Scalar,
    Shape,
    is_optional,
    union,
)

_PLAIN: dict[str, Node] = {
    "str": STRING,
    "int": Scalar("integer"),
    "datetime": Scalar("integer"),
    "float": Scalar("number"),
    "bool": Scalar("boolean"),
    "Decimal": Scalar("decimal"),
    "None": NULL,
    "StripeContext": STRING,
}
_GENERICS: dict[str, Callable[[list[Node]], Node]] = {
    "Dict": lambda inside: Dictionary(inside[-1]),
    "ExpandableField": lambda inside: Expandable(inside[0]),
    "List": lambda inside: Array(inside[0]),
    "NotRequired": lambda inside: inside[0],
    "Optional": lambda inside: union([inside[0], NULL]),
    "Union": union,
    "UntypedStripeObject": lambda inside: Dictionary(inside[-1]),
}
_UNTYPED = ("StripeObject", "UntypedStripeObject")
_WITHOUT_MEMBERS = ("StripeObject", "TypedDict", "Generic", "APIResource", "RequestOptions")


@dataclass
class Module:
    """One source file: its classes by dotted name, and what it imports."""

    name: str
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    tables: dict[str, ast.Dict] = field(default_factory=dict)
    """`X = TypedDict("X", {…})`, written so where a key is a Python keyword."""
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, body: list[ast.stmt], prefix: str = "") -> None:
        for statement in body:
            match statement:
                case ast.ClassDef(name=name):
                    self.classes[prefix + name] = statement
                    self.read(statement.body, f"{prefix}{name}.")
                case ast.If():
                    self.read(statement.body, prefix)
                case ast.ImportFrom(module=str(origin)):
                    for alias in statement.names:
                        self.imports[alias.asname or alias.name] = (origin, alias.name)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, ast.Dict()])):
                    table = statement.value.args[1]  # type: ignore[attr-defined]  # matched above
                    self.tables[name] = table


class Sources:
    """The SDK's package directory; files are parsed when first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module | None] = {}
        self._members: dict[Shape, dict[str, Member]] = {}

    def module(self, name: str) -> Module | None:
        """None for a module that is not the SDK's own."""
        if name not in self._modules:
            self._modules[name] = self._parse(name)
        return self._modules[name]

    def _parse(self, name: str) -> Module | None:
        head, *rest = name.split(".")
        base = self.root.joinpath(*rest)
        for path in (base.with_name(base.name + ".py"), base / "__init__.py"):
            if head == "stripe" and path.is_file():
                module = Module(name)
                module.read(ast.parse(path.read_text(encoding="utf-8")).body)
                return module
        return None

    def members(self, shape: Shape) -> dict[str, Member]:
        """The named members of a class, those of its bases included."""
        if shape not in self._members:
            self._members[shape] = {}  # a class may contain itself
            self._members[shape] = self._read_members(shape)
        return self._members[shape]

    def _read_members(self, shape: Shape) -> dict[str, Member]:
        module = self.module(shape.module)
        if module is None:
            return {}
        reader = Annotations(self, module)
        if shape.name in module.tables:
            return _table_members(reader, module.tables[shape.name])
        definition = module.classes.get(shape.name)
        if definition is None:
            return {}
        members: dict[str, Member] = {}
        for base in definition.bases:
            parent = reader.base_class(base, shape.name)
            if parent is not None and parent != shape:
                members |= self.members(parent)
        members |= _class_members(reader, definition, shape)
        return members

    @cached_property
    def object_classes(self) -> dict[str, Shape]:
        """The class for each value of `object`; API v2 names begin with `v2.`."""
        text = (self.root / "_object_classes.py").read_text(encoding="utf-8")
        found: dict[str, Shape] = {}
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and isinstance(value, ast.Tuple):
                            module, name = ast.literal_eval(value)
                            found.setdefault(str(key.value), Shape(module, name))
        return found


def _table_members(reader: "Annotations", table: ast.Dict) -> dict[str, Member]:
    return {
        str(ast.literal_eval(key)): Member(
            reader.node(value, ""), required="NotRequired" not in ast.unparse(value)
        )
        for key, value in zip(table.keys, table.values, strict=True)
        if key is not None
    }


def _class_members(
    reader: "Annotations", definition: ast.ClassDef, shape: Shape
) -> dict[str, Member]:
    is_request = shape.module.startswith("stripe.params")
    renamed: dict[str, str] = {}
    members: dict[str, Member] = {}
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="_field_remappings")], value=value):
                renamed = ast.literal_eval(value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                text = ast.unparse(annotation)
                if name.startswith("_") or text.startswith("ClassVar"):
                    continue
                node = reader.node(annotation, shape.name)
                required = (
                    not text.startswith("NotRequired") if is_request else not is_optional(node)
                )
                members[name] = Member(node, required)
    return {renamed.get(name, name): member for name, member in members.items()}


class Annotations:
    """Turns the annotations of one module into nodes."""

    def __init__(self, sources: Sources, module: Module) -> None:
        self._sources = sources
        self._module = module

    def node(self, annotation: ast.expr, scope: str) -> Node:
        """`scope`: the dotted name of the class that the annotation stands in."""
        match annotation:
            case ast.Constant(value=None):
                return NULL
            case ast.Constant(value=str(text)):
                return self.node(_expression(text), scope)
            case ast.Name() | ast.Attribute():
                return self.named(ast.unparse(annotation), scope)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return union([self.node(left, scope), self.node(right, scope)])
            case ast.Subscript(value=head, slice=inner):
                arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return self._generic(ast.unparse(head).split(".")[-1], arguments, scope)
        return ANYTHING

    def _generic(self, head: str, arguments: list[ast.expr], scope: str) -> Node:
        if head == "Literal":
            return Enumeration(frozenset(ast.literal_eval(value) for value in arguments))
        inside = [self.node(argument, scope) for argument in arguments]
        if head in ("ListObject", "SearchResultObject"):
            origin = self._module.imports.get(head, ("", ""))[0]
            return Page(inside[0], v2=origin.startswith("stripe.v2"))
        build = _GENERICS.get(head)
        return build(inside) if build else ANYTHING

    def base_class(self, base: ast.expr, scope: str) -> Shape | None:
        name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        if name.split(".")[-1].endswith(_WITHOUT_MEMBERS):
            return None
        found = self.named(name, scope.rpartition(".")[0])
        return found if isinstance(found, Shape) else None

    def named(self, dotted: str, scope: str) -> Node:
        """Python's rule for nested classes, read from the inside outwards, then imports."""
        parts = scope.split(".") if scope else []
        for depth in range(len(parts), -1, -1):
            name = ".".join([*parts[:depth], dotted])
            if name in self._module.classes or name in self._module.tables:
                return Shape(self._module.name, name)
        if dotted in _PLAIN:
            return _PLAIN[dotted]
        head, _, rest = dotted.partition(".")
        if head not in self._module.imports:
            return ANYTHING
        origin, original = self._module.imports[head]
        if not origin.startswith("stripe.") or original in _UNTYPED:
            return ANYTHING
        # The SDK imports every class from where it is defined: no need to parse that file yet.
        return Shape(origin, original + (f".{rest}" if rest else ""))


@cache
def _expression(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


@cache
def installed() -> Sources:
    """The SDK of this environment; raises RuntimeError without one."""
    spec = find_spec("stripe")
    if spec is None or spec.origin is None:
        raise RuntimeError("the sandbox reads the stripe package's sources: install it")
    return Sources(Path(spec.origin).parent)
