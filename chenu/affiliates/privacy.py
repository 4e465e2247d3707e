"""What the tables of affiliates hold of a person: the affiliate, or a customer bound to one."""

from chenu.core.personal_data import (
    BOOKS,
    CODE,
    Blank,
    Delete,
    NoPersonalData,
    PersonalData,
    Rule,
    codes,
)

_MINE = "affiliate IN (SELECT id FROM affiliate WHERE member = @person)"
_OTHERS = "another person's: the affiliate's or the customer's"

RULES: tuple[Rule, ...] = (
    PersonalData(
        "commission",
        _MINE,
        (
            *("id", "affiliate", "invoice", "kind", "cause", "paid", "total"),
            *("total_excluding_tax", "base", "basis_points", "amount", "status", "due_at"),
            *("held_at", "payout", "created_at"),
        ),
        {"referral": _OTHERS, "account": _OTHERS},
        retained={**codes("kind", "cause", "status")},
    ),
    PersonalData(
        "affiliate_payout",
        _MINE,
        (
            *("id", "affiliate", "month", "amount", "status", "operation", "stripe_transfer_id"),
            *("failure_reason", "number", "created_at", "paid_at"),
        ),
        retained={"failure_reason": CODE, **codes("status", "stripe_transfer_id", "number")},
    ),
    PersonalData(
        "affiliate_click",
        _MINE,
        ("id", "affiliate", "landing", "clicked_at"),
        {"visitor": "a hash of somebody else's address"},
        (Delete(),),
    ),
    PersonalData("affiliate_day", _MINE, ("id", "affiliate", "day", "clicks")),
    PersonalData(
        "referral_card",
        "referral IN (SELECT id FROM referral WHERE member = @person)",
        ("id", "referral", "seen_at"),
        {"card_hash": "a hash of a card's fingerprint at Stripe"},
        (Delete(),),
    ),
    PersonalData(
        "referral",
        "member = @person",
        ("id", "account", "member", "origin", "click", "clicked_at", "bound_at"),
        {"affiliate": _OTHERS, "state": "what staff look at", "reason": "what staff look at"},
        (Blank({"click": "NULL"}),),
        retained={**codes("origin", "state"), "reason": BOOKS},
    ),
    PersonalData(
        "affiliate",
        "member = @person",
        ("id", "member", "code", "status", "suspended_at", "suspension_reason", "joined_at"),
        # a link of nobody's counts no clicks, and what its customers pay later is held
        erasure=(Blank({"status": "'SUSPENDED'"}),),
        retained={"suspension_reason": BOOKS, **codes("code", "status")},
    ),
    NoPersonalData("click_key", "a random secret", ("secret",)),
)
