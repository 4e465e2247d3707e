"""An account's own numbers are read with its runs."""

from chenu.core.distribution import OF_A_PERSON, Distributed, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Distributed("roi_setting", "account", "an account's own numbers, read with its runs"),
    Local("roi_view", OF_A_PERSON),
)
