"""What a newer version is made of that an older one is not, besides permissions: names, no texts.

Instructions are the product that is sold, and change with every version: nobody compares them here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Manifest = Mapping[str, Any]


class NameChanges(msgspec.Struct, frozen=True):
    """`changed`: there before and now, and not the same. A name may be empty: it has none."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class ManifestChanges(msgspec.Struct, frozen=True):
    """`model` and `min_tokens` are the older and the newer value, where they differ."""

    tools: NameChanges = NameChanges()
    settings: NameChanges = NameChanges()
    model: tuple[str, str] | None = None
    min_tokens: tuple[int, int] | None = None

    @property
    def any(self) -> bool:
        differs = self.model is not None or self.min_tokens is not None
        return differs or self.tools.any or self.settings.any


def compare_manifests(old: Manifest, new: Manifest) -> ManifestChanges:
    """A manifest may lack what was not asked for when it was stored."""
    models = old.get("model", ""), new.get("model", "")
    least = old.get("minTokens", 0), new.get("minTokens", 0)
    return ManifestChanges(
        tools=_compare(_by_name(old.get("tools", ())), _by_name(new.get("tools", ()))),
        settings=_compare(old.get("parameters", {}), new.get("parameters", {})),
        model=models if models[0] != models[1] else None,
        min_tokens=least if least[0] != least[1] else None,
    )


def _by_name(tools: Sequence[Any]) -> dict[str, list[Any]]:
    """A tool is a name, or an object that may have one."""
    found: dict[str, list[Any]] = defaultdict(list)
    for tool in tools:
        found[_name_of(tool)].append(tool)
    return found


def _name_of(tool: Any) -> str:
    name = tool.get("name") if isinstance(tool, dict) else tool
    return name if isinstance(name, str) else ""


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> NameChanges:
    """In the order of the manifests."""
    return NameChanges(
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and old[name] != new[name]),
        removed=tuple(name for name in old if name not in new),
    )
