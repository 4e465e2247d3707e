"""What a newer version works with, compared by names with what an older one does."""

from typing import Any

import pytest

from chenu.agents.manifest_changes import ManifestChanges, NameChanges, compare_manifests
from tests.people import MANIFEST

SEARCH = {"name": "search", "pages": 3}


def compare(old: dict[str, Any], new: dict[str, Any]) -> ManifestChanges:
    return compare_manifests({**MANIFEST, **old}, {**MANIFEST, **new})


TOOLS: dict[str, tuple[list[Any], list[Any], NameChanges]] = {
    "one more": (["read"], ["read", "send"], NameChanges(added=("send",))),
    "one less": (["read", "send"], ["read"], NameChanges(removed=("send",))),
    "in another order": (["read", "send"], ["send", "read"], NameChanges()),
    "described anew": ([SEARCH], [{**SEARCH, "pages": 9}], NameChanges(changed=("search",))),
    "a name becomes a description": (["search"], [SEARCH], NameChanges(changed=("search",))),
    "without a name": ([], [{"pages": 3}], NameChanges(added=("",))),
    "a name that is none": ([], [{"name": 3}], NameChanges(added=("",))),
}


@pytest.mark.parametrize(("old", "new", "changes"), TOOLS.values(), ids=TOOLS)
def test_tools_are_compared_by_name(old: list[Any], new: list[Any], changes: NameChanges) -> None:
    found = compare({"tools": old}, {"tools": new})

    assert found.tools == changes
    assert found.any == changes.any


def test_settings_model_and_least_tokens_are_compared() -> None:
    old = {"parameters": {"days": 3, "tone": "dry"}, "model": "small", "minTokens": 10}
    new = {"parameters": {"days": 5, "style": "dry"}, "model": "large"}

    found = compare(old, new)

    assert found.settings == NameChanges(("style",), ("days",), ("tone",))
    assert found.model == ("small", "large")
    assert found.min_tokens == (10, MANIFEST.get("minTokens", 0))


def test_a_manifest_that_lacks_something_is_compared() -> None:
    found = compare_manifests({}, MANIFEST)

    assert found.tools.added == tuple(MANIFEST["tools"])
    assert (found.model, found.settings.added) == (("", "chenu-medium"), ("temperature",))
    assert compare_manifests(MANIFEST, {}).tools.removed == tuple(MANIFEST["tools"])


def test_what_is_said_to_the_model_and_permissions_are_no_part_of_it() -> None:
    found = compare({}, {"systemPrompt": "Another", "permissions": ["mail:send"], "name": "Other"})

    assert found == ManifestChanges()
    assert not found.any
