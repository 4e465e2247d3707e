"""An entry of the demo's history: what is done, and when."""

from dataclasses import dataclass

from chenu.demo.acts import Act


@dataclass(frozen=True, slots=True)
class Entry:
    """`day` counts from the history's first moment; a fraction is a time of that day."""

    day: float
    act: Act
