"""Why tokens cannot be spent, and what would help."""

from chenu.core.errors import RefusedError
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import TIERS, Tier
from chenu.tokens.packs import TOKEN_PACKS, TokenPack


class InsufficientTokens(RefusedError):
    """Both faces show these very facts. `available` is below zero while there is a debt.

    `cheapest_pack` and `cheapest_tier` alone would do; None where none would.
    """

    code = "INSUFFICIENT_TOKENS"

    def __init__(self, required: Tokens, available: Tokens, *, tier: Tier) -> None:
        super().__init__(
            "This needs {required} tokens, and {available} are available",
            required=required,
            available=available,
        )
        self.required = required
        self.available = available
        self.cheapest_pack = find_cheapest_pack(Tokens(required - available))
        self.cheapest_tier = find_sufficient_tier(tier, Tokens(required - available))


def find_cheapest_pack(missing: Tokens) -> TokenPack | None:
    """The cheapest pack that has so many tokens; None where none has."""
    return next((pack for pack in TOKEN_PACKS if pack.tokens >= missing), None)


def find_sufficient_tier(current: Tier, missing: Tokens) -> Tier | None:
    """The cheapest tier above whose monthly budget is so much larger; None where none is."""
    if current.monthly_tokens is None:
        return None
    above = TIERS[TIERS.index(current) + 1 :]
    enough = current.monthly_tokens + missing
    return next(
        (tier for tier in above if tier.monthly_tokens is None or tier.monthly_tokens >= enough),
        None,
    )
