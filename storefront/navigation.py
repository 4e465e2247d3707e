"""The sections of the storefront that every page links to."""

from dataclasses import dataclass

_ROOTS = (
    "/agents",
    "/pricing",
    "/creator",
    "/library",
    "/staff",
    "/staff/accounts",
    "/staff/mails",
    "/staff/support",
    "/staff/inquiries",
)


@dataclass(frozen=True, slots=True)
class Section:
    """The link to mark, with its aria-current: "page" for the page itself, "true" for one
    below it.
    """

    root: str
    mark: str


_NOWHERE = Section("", "")
_ITSELF = {root: Section(root, "page") for root in _ROOTS}
_BELOW = {root: Section(root, "true") for root in _ROOTS}


def find_section(path: str) -> Section:
    """The section that contains this path."""
    if path in _ITSELF:
        return _ITSELF[path]
    for desk in ("/staff/accounts", "/staff/mails", "/staff/support", "/staff/inquiries"):
        if path.startswith(f"{desk}/"):
            return _BELOW[desk]
    return _BELOW.get("/" + path[1:].partition("/")[0], _NOWHERE)
