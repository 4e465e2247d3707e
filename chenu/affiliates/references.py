"""Whose a text about the affiliate programme is."""

from chenu.core.references import Gives, Reference, at_stripe, by_id, by_text

REFERENCES: tuple[Reference, ...] = (
    by_id("affiliate", "SELECT member AS id FROM affiliate WHERE id = $1", Gives.PERSON),
    by_id("referral", "SELECT account AS id FROM referral WHERE id = $1"),
    by_id("commission", "SELECT account AS id FROM commission WHERE id = $1"),
    by_id(
        "payout",
        """
        SELECT a.member AS id FROM affiliate_payout p JOIN affiliate a ON a.id = p.affiliate
        WHERE p.id = $1
        """,
        Gives.PERSON,
    ),
    at_stripe(
        "payout",
        "tr_",
        """
        SELECT a.member AS id FROM affiliate_payout p JOIN affiliate a ON a.id = p.affiliate
        WHERE p.stripe_transfer_id = $1
        """,
        Gives.PERSON,
    ),
    by_text("affiliate", "SELECT member AS id FROM affiliate WHERE code = upper($1)", Gives.PERSON),
    by_text(
        "payout",
        """
        SELECT a.member AS id FROM affiliate_payout p JOIN affiliate a ON a.id = p.affiliate
        WHERE p.number = upper($1)
        """,
        Gives.PERSON,
    ),
)
