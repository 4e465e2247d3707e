"""What a listing still lacks, and how good it is: rules without I/O."""

from collections.abc import Callable, Sequence

import msgspec

from chenu.agents.rows import AgentRow
from chenu.core.i18n import mark

_ENOUGH_DESCRIPTION = 300
_SHORT_PROMISE = 62
_ENOUGH_CAPABILITIES = 3


class Point(msgspec.Struct, frozen=True):
    """`is_needed`: no review without it. `advice` says what to do, `field` where."""

    name: str
    advice: str
    field: str
    is_met: bool
    is_needed: bool


class Completeness(msgspec.Struct, frozen=True):
    points: Sequence[Point]

    @property
    def score(self) -> int:
        """In per cent, whole."""
        return 100 * sum(point.is_met for point in self.points) // len(self.points)

    @property
    def missing(self) -> list[Point]:
        """Without these there is no review."""
        return [point for point in self.points if point.is_needed and not point.is_met]


Rule = tuple[str, str, str, bool, Callable[[AgentRow], bool]]

_RULES: tuple[Rule, ...] = (
    (
        mark("Promise"),
        mark("Say in one sentence what the agent does for its buyer."),
        "tagline",
        True,
        lambda agent: bool(agent.tagline),
    ),
    (
        mark("Description"),
        mark("Describe what it does, for whom, and what it does not do."),
        "description",
        True,
        lambda agent: bool(agent.description),
    ),
    (
        mark("Manifest"),
        mark("Save a first version with its manifest: that is what is sold."),
        "manifest",
        True,
        lambda agent: agent.current_version is not None,
    ),
    (
        mark("Payouts"),
        mark("Finish your payout set-up, or make it free: a paid agent needs it."),
        "payouts",
        True,
        lambda agent: not agent.price_amount or bool(agent.payouts_ready),
    ),
    (
        mark("Short promise"),
        mark("Keep the promise to 62 characters, so that lists show all of it."),
        "tagline",
        False,
        lambda agent: 0 < len(agent.tagline) <= _SHORT_PROMISE,
    ),
    (
        mark("Full description"),
        mark("Write at least 300 characters: an example of a run helps most."),
        "description",
        False,
        lambda agent: len(agent.description) >= _ENOUGH_DESCRIPTION,
    ),
    (
        mark("What it does"),
        mark("Name at least three things that it does: people filter by them."),
        "capabilities",
        False,
        lambda agent: len(agent.capabilities) >= _ENOUGH_CAPABILITIES,
    ),
    (
        mark("Sphere"),
        mark("Choose a sphere: people browse by it."),
        "sphere",
        False,
        lambda agent: agent.sphere is not None,
    ),
    (
        mark("Screenshot"),
        mark("Show at least one screenshot: people look before they read."),
        "screenshot",
        False,
        lambda agent: bool(agent.media.screenshots),
    ),
    (
        mark("About you"),
        mark("Write who you are on your public profile: people buy from people."),
        "profile",
        False,
        lambda agent: bool(agent.creator_bio),
    ),
)


def rate_listing(agent: AgentRow) -> Completeness:
    """Of the listing as it would be published."""
    return Completeness(
        [
            Point(name, advice, field, is_met(agent), is_needed)
            for name, advice, field, is_needed, is_met in _RULES
        ]
    )
