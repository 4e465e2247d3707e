"""Maps a refusal to the page on which the visitor can resolve it."""

import msgspec

from chenu.accounts.errors import RightMissing, SeatsTaken
from chenu.agents.errors import SellerNotReady
from chenu.core.errors import ChenuError, Unverified
from chenu.core.i18n import mark
from chenu.tiers.entitlements import PlanRequired
from chenu.tokens.limits import TokenLimitReached


class Remedy(msgspec.Struct, frozen=True):
    url: str
    words: str


_BY_CODE = {
    "PLAN_REQUIRED": Remedy("/pricing", mark("Compare the plans")),
    "PAYOUTS_NOT_READY": Remedy("/creator/onboarding", mark("Set up your payouts")),
    "ALREADY_OWNED": Remedy("/library", mark("Open your library")),
    "INSUFFICIENT_TOKENS": Remedy("/tokens", mark("Get more tokens")),
    "UNAUTHENTICATED": Remedy("/sign-in", mark("Sign in")),
}
_BY_CLASS: dict[type[ChenuError], Remedy] = {
    Unverified: Remedy("/account#address", mark("Verify your address")),
    TokenLimitReached: Remedy("/account/token-limits", mark("See or change the limits")),
    SellerNotReady: Remedy("/agents", mark("Show all agents")),
    RightMissing: Remedy("/account/members", mark("See who owns this account")),
    SeatsTaken: Remedy("/pricing", mark("Compare the plans")),
}
"""Where the code does not say enough."""

_WRITE_TO_US = Remedy("/support", mark("Write to us"))


def remedy_of(error: ChenuError) -> Remedy | None:
    """None if the visitor cannot resolve it."""
    if isinstance(error, PlanRequired) and error.cheapest_tier is None:
        return _WRITE_TO_US
    return _BY_CLASS.get(type(error)) or _BY_CODE.get(error.code)
