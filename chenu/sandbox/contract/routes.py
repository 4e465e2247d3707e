"""The calls that the SDK knows: method and path, the type of the parameters, what they return."""

import ast
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from chenu.sandbox.contract.source import Annotations, Module, Sources, installed
from chenu.sandbox.contract.types import ANYTHING, Node, Shape, Union

_CALL = re.compile(r'"(get|post|delete)",\s*"(/v[12]/[^"]*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One API call."""

    method: str
    template: str
    parameters: Shape | None
    returns: Node

    @property
    def v2(self) -> bool:
        return self.template.startswith("/v2/")


class Calls:
    """Looks calls up by method and concrete path; a service file is parsed at its first use."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._known: dict[tuple[str, str], Call] = {}

    @cached_property
    def _templates(self) -> dict[tuple[str, int], list[tuple[str, Path]]]:
        """Templates by method and number of segments, those with fewer slots first."""
        found: dict[tuple[str, int], dict[str, Path]] = {}
        for path in self.sources.root.rglob("*_service.py"):
            for method, template in _CALL.findall(path.read_text(encoding="utf-8")):
                key = (method.upper(), template.count("/"))
                found.setdefault(key, {})[template] = path
        return {
            key: sorted(templates.items(), key=lambda pair: pair[0].count("{"))
            for key, templates in found.items()
        }

    def find(self, method: str, path: str) -> Call | None:
        """None when the SDK has no such call."""
        for template, file in self._templates.get((method, path.count("/")), ()):
            if _matches(template, path):
                return self._load(method, template, file)
        return None

    def _load(self, method: str, template: str, file: Path) -> Call:
        key = (method, template)
        if key not in self._known:
            self._known[key] = self._read(method, template, file)
        return self._known[key]

    def _read(self, method: str, template: str, file: Path) -> Call:
        name = ".".join(("stripe", *file.relative_to(self.sources.root).with_suffix("").parts))
        module = self.sources.module(name)
        for function in _functions(module) if module else ():
            if module and _requests(function, method, template):
                return _call(Annotations(self.sources, module), function, method, template)
        raise LookupError(f"{method} {template} is not where it was found: {file}")


def _matches(template: str, path: str) -> bool:
    pairs = zip(template.split("/"), path.split("/"), strict=True)
    return all(part == given or (given and part[:1] == "{") for part, given in pairs)


def _functions(module: Module) -> list[ast.FunctionDef]:
    return [
        statement
        for definition in module.classes.values()
        for statement in definition.body
        if isinstance(statement, ast.FunctionDef)
    ]


def _requests(function: ast.FunctionDef, method: str, template: str) -> bool:
    texts = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
    return method.lower() in texts and template in texts


def _call(reader: Annotations, function: ast.FunctionDef, method: str, template: str) -> Call:
    annotation = next((a.annotation for a in function.args.args if a.arg == "params"), None)
    node = reader.node(annotation, "") if annotation else ANYTHING
    options = node.options if isinstance(node, Union) else (node,)
    parameters = next((option for option in options if isinstance(option, Shape)), None)
    returns = reader.node(function.returns, "") if function.returns else ANYTHING
    return Call(method, template, parameters, returns)


@cache
def calls() -> Calls:
    """The installed SDK's calls."""
    return Calls(installed())
