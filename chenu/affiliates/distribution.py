"""Clicks are distributed by the affiliate whose link was followed, commissions by the customer."""

from chenu.core.distribution import (
    IDENTITY,
    NAMED,
    PARENT,
    Distributed,
    Local,
    Placement,
    Reference,
)

_OF_AN_AFFILIATE = "nobody is signed in yet: the link names its affiliate"
PLACEMENTS: tuple[Placement, ...] = (
    Reference("affiliate", IDENTITY),
    Reference("referral", "who brought whom: one row a customer at most, written once"),
    Reference("affiliate_payout", "one a month and affiliate, with commissions in it"),
    Distributed("affiliate_click", "affiliate", _OF_AN_AFFILIATE, group="affiliate"),
    Distributed("affiliate_day", "affiliate", _OF_AN_AFFILIATE, group="affiliate"),
    Distributed(
        "commission",
        "account",
        "the customer's, beside the invoice that it follows",
        keys={"cause": NAMED, "invoice": PARENT},
    ),
    Local("referral_card", "hashes of cards, compared across accounts"),
    Local("click_key", "one secret, replaced after 90 days"),
)
