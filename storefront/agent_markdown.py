"""An agent's page as Markdown, for programs that read it: the same facts, then the text."""

import re
from collections.abc import Sequence

from chenu.agents.rows import AgentRow
from chenu.agents.version_heads import VersionHead
from chenu.core.i18n import Locale, mark, translate
from chenu.core.numbers import format_number
from chenu.core.site import product_name
from chenu.tiers.catalogue import AgentLevel
from chenu.tiers.spheres import find_sphere
from storefront.vocabulary import permission_label
from storefront.words import LEVELS, price_label

_SIGNS = re.compile(r"([\\`*_\[\]#|<>~&])")
_AT_BEGINNING = re.compile(r"^(\d*)([-+=.)])")
"""Where a line begins, these make a list or a heading."""
_NOT_YET = mark("No review yet")


def write_markdown(
    agent: AgentRow, versions: Sequence[VersionHead], url: str, locale: Locale
) -> str:
    """The description comes last, so that no heading in it can pass for one of ours."""
    text = agent.text(locale)
    facts = [f"- {_say(locale, label)}: {value}" for label, value in _facts(agent, locale)]
    history = [_version(version) for version in versions]
    parts = [
        f"# {plain(text.name)}",
        plain(text.tagline),
        "\n".join([f"- <{url}>", *facts]),
        f"## {_say(locale, mark('What it sees, what it touches'))}",
        "\n".join(_permissions(agent, locale)),
        f"## {_say(locale, mark('Versions'))}",
        "\n".join(history) or _say(locale, mark("No version was published yet.")),
        f"## {_say(locale, mark('About this agent'))}",
        text.description,
    ]
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """One line of text in which no sign has a meaning."""
    line = _SIGNS.sub(r"\\\1", " ".join(text.split()))
    return _AT_BEGINNING.sub(r"\1\\\2", line)


def _say(locale: Locale, message: str) -> str:
    return plain(translate(locale, message))


def _facts(agent: AgentRow, locale: Locale) -> list[tuple[str, str]]:
    sphere = find_sphere(agent.sphere) if agent.sphere else None
    facts = [
        (mark("Price"), plain(price_label(agent, locale))),
        (mark("Made by"), plain(agent.creator_name or product_name())),
        (mark("Autonomy"), f"{agent.level} · {_say(locale, LEVELS[AgentLevel(agent.level)])}"),
        (mark("Rating"), _rating(agent, locale)),
        (mark("Last update"), agent.updated_at.date().isoformat()),
        (mark("Refund"), _say(locale, _refund(agent))),
    ]
    if sphere is not None:
        facts.append((mark("Sphere"), plain(sphere.name(locale))))
    return facts


def _rating(agent: AgentRow, locale: Locale) -> str:
    if not agent.review_count:
        return _say(locale, _NOT_YET)
    value = format_number(round(agent.rating_sum / agent.review_count, 1), locale)
    return plain(f"{value} / 5 ({agent.review_count})")


def _refund(agent: AgentRow) -> str:
    if not agent.price_amount:
        return mark("Free: nothing to refund")
    return mark("14 days, as long as it is unused")


def _permissions(agent: AgentRow, locale: Locale) -> list[str]:
    if not agent.permissions:
        return [_say(locale, mark("It asks for nothing: it works with what you type."))]
    return [f"- {plain(permission_label(name, locale) or name)}" for name in agent.permissions]


def _version(version: VersionHead) -> str:
    changes = f": {plain(version.changelog)}" if version.changelog else ""
    return f"- {version.number} ({version.created_at.date().isoformat()}){changes}"
