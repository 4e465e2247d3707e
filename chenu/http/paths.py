"""Parts of the site, compared by whole segments of the path."""


class Subtrees:
    """`path in subtrees`: one of these paths or below one, not a path that merely begins alike."""

    def __init__(self, *roots: str) -> None:
        self._roots = frozenset(roots)
        self._below = tuple(f"{root}/" for root in roots)

    def __contains__(self, path: str) -> bool:
        return path.startswith(self._below) or path in self._roots
