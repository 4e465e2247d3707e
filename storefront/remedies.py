"""Maps a refusal to the page on which the visitor can resolve it."""

from dataclasses import dataclass

from chenu.agents.errors import SellerNotReady
from chenu.core.errors import ChenuError, Unverified
from chenu.core.i18n import mark


@dataclass(frozen=True, slots=True)
class Remedy:
    url: str
    words: str


_BY_CODE = {
    "PLAN_REQUIRED": Remedy("/pricing", mark("Compare the plans")),
    "PAYOUTS_NOT_READY": Remedy("/creator/onboarding", mark("Set up your payouts")),
    "ALREADY_OWNED": Remedy("/library", mark("Open your library")),
    "UNAUTHENTICATED": Remedy("/sign-in", mark("Sign in")),
}
_OTHER_AGENTS = Remedy("/agents", mark("Show all agents"))
_PROVE_ADDRESS = Remedy("/account#address", mark("Verify your address"))


def remedy_of(error: ChenuError) -> Remedy | None:
    """None if the visitor cannot resolve it."""
    if isinstance(error, Unverified):
        return _PROVE_ADDRESS
    if isinstance(error, SellerNotReady):
        return _OTHER_AGENTS
    return _BY_CODE.get(error.code)
