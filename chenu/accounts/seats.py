"""Seats: how many members of an account may do more than read.

The owner always has one; the others have theirs in the order in which they joined.
"""

from chenu.tiers.catalogue import TierCode, get_tier

PLACE = """
    CASE WHEN m.role = 'OWNER' THEN 0 ELSE (
        SELECT count(*) FROM membership other
        WHERE other.account = m.account AND (other.role = 'OWNER' OR other.id < m.id)
    ) END
"""
"""SQL: how many members have their seat before the membership `m`; ids grow with time."""


def seats_of(tier: TierCode | str, contract_seats: int | None) -> int | None:
    """What a contract says, else the tier; None for no limit."""
    return get_tier(tier).seats if contract_seats is None else contract_seats


def has_seat(place: int, tier: TierCode | str, contract_seats: int | None) -> bool:
    """`place` is how many members come before; the owner comes first."""
    seats = seats_of(tier, contract_seats)
    return place == 0 or seats is None or place < seats
