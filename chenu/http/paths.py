"""Parts of the site by the beginning of their addresses, segment by segment."""


class Subtrees:
    """`path in subtrees`: one of these addresses or one below it, not one that only begins so."""

    def __init__(self, *roots: str) -> None:
        self._roots = frozenset(roots)
        self._below = tuple(f"{root}/" for root in roots)

    def __contains__(self, path: str) -> bool:
        return path.startswith(self._below) or path in self._roots
