"""An entry of the demo's history: what is done, and when."""

import msgspec

from chenu.demo.acts import Act


class Entry(msgspec.Struct, frozen=True):
    """`day` counts from the history's first moment; a fraction is a time of that day."""

    day: float
    act: Act
