"""The Python source of one compiled query: its functions, and what the names in them stand for.

Nothing that a client wrote becomes code: names are those of the schema, with numbers; keys of
answers are GraphQL names, written as Python texts; everything else is an object with a name.
"""

import keyword
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Explained(Protocol):
    """An object of which a reader of the code wants to know more than its name."""

    @property
    def meaning(self) -> str: ...


class SourceText:
    def __init__(self) -> None:
        self._functions: list[str] = []
        self._objects: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def name(self, wanted: str, known: Any) -> str:
        """What generated code calls this object; the same for the same object."""
        if id(known) not in self._names:
            found = self._names[id(known)] = self.new_name(wanted)
            self._objects[found] = known
        return self._names[id(known)]

    def new_name(self, wanted: str) -> str:
        self._counts[wanted] += 1
        count = self._counts[wanted]
        return wanted if count == 1 and not keyword.iskeyword(wanted) else f"{wanted}_{count}"

    def add(self, name: str, arguments: str, lines: Iterable[str]) -> str:
        """A function, whose name is returned."""
        body = "\n".join(f"    {line}" for line in lines)
        self._functions.append(f"def {name}({arguments}):\n{body}\n")
        return name

    @property
    def text(self) -> str:
        return "\n\n".join(self._functions)

    def list_explained(self) -> tuple[tuple[str, str], ...]:
        """Names of objects that say what they are, with what they say."""
        known = self._objects.items()
        return tuple((name, each.meaning) for name, each in known if isinstance(each, Explained))

    def load(self, name: str) -> Callable[..., Any]:
        """The function of this name, ready to be called."""
        space = dict(self._objects)
        exec(compile(self.text, "<compiled query>", "exec"), space)  # noqa: S102 - see above
        function: Callable[..., Any] = space[name]
        return function
