"""What a newer version may touch: added, more than before, and no longer."""

import pytest

from chenu.agents.permission_changes import PermissionChanges, Widened, compare_permissions

CASES = {
    "nothing": (["mail:read"], ["mail:read"], PermissionChanges()),
    "another order": (["a:read", "b:read"], ["b:read", "a:read"], PermissionChanges()),
    "added": (["mail:read"], ["mail:read", "bank:read"], PermissionChanges(added=("bank:read",))),
    "removed": (["mail:read", "web:read"], ["web:read"], PermissionChanges(removed=("mail:read",))),
    "widened": (
        ["mail:read"],
        ["mail:read", "mail:send"],
        PermissionChanges(widened=(Widened(("mail:read",), "mail:send"),)),
    ),
    "widened and the narrow one left out": (
        ["mail:read"],
        ["mail:send"],
        PermissionChanges(widened=(Widened(("mail:read",), "mail:send"),), removed=("mail:read",)),
    ),
    "narrowed": (
        ["mail:send"],
        ["mail:read"],
        PermissionChanges(added=("mail:read",), removed=("mail:send",)),
    ),
    "an act that nobody knows is the broadest": (
        ["bank:write"],
        ["bank:write", "bank:pay"],
        PermissionChanges(widened=(Widened(("bank:write",), "bank:pay"),)),
    ),
    "without an act": (["clock"], ["clock", "radio"], PermissionChanges(added=("radio",))),
    "all new": (
        [],
        ["mail:read", "mail:send"],
        PermissionChanges(added=("mail:read", "mail:send")),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_permissions_of_two_versions_are_compared_by_what_they_touch(case: str) -> None:
    old, new, expected = CASES[case]

    assert compare_permissions(old, new) == expected


@pytest.mark.parametrize("case", ["added", "widened"])
def test_more_permissions_are_said_to_be_more(case: str) -> None:
    old, new, _ = CASES[case]

    assert compare_permissions(old, new).asks_more
    assert not compare_permissions(new, old).widened
