"""How long clicks are stored; what was earned with them is evidence of money."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import BOOKS, PEOPLE, Forever, Retention

CLICKS_STORED = timedelta(days=100)
"""Longer than a click counts (90 days), so that one that bound a customer is there to be seen.

At most a month more: a month goes as a whole.
"""

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "affiliate_click",
        CLICKS_STORED,
        "clicked_at",
        "who signs up within 90 days of a click is bound to its affiliate",
        clock=business_now,
        month="clicked_at",
    ),
    Forever("affiliate", PEOPLE),
    Forever("affiliate_day", "clicks without their visitors: at most one row a day and affiliate"),
    Forever("click_key", "at most two rows: another key replaces one every 90 days"),
    Forever("referral", PEOPLE),
    Forever("referral_card", "a customer's few cards, for as long as what they bring is earned"),
    Forever("commission", BOOKS),
    Forever("affiliate_payout", BOOKS),
)
