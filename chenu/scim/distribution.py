"""A directory is as large as its organisation, and is found by its token."""

from chenu.core.distribution import SETTINGS, Local, Placement

_DIRECTORY = "as many as an organisation has people and groups; its directory writes them"
PLACEMENTS: tuple[Placement, ...] = (
    Local("scim_token", SETTINGS),
    Local("scim_entry", _DIRECTORY),
    Local("scim_group", _DIRECTORY),
    Local("scim_group_member", _DIRECTORY),
)
