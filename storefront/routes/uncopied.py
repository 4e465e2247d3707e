"""A router that the application takes as it is."""

from typing import Any

from litestar import Router


class UncopiedRouter(Router):
    """Made for one application: Litestar's deep copy of all its handlers would be of no use, and is
    a tenth of what making the application takes.
    """

    def __deepcopy__(self, _known: dict[int, Any]) -> "UncopiedRouter":
        return self
