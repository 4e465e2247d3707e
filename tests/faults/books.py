"""What must be true after whatever was done to the product."""

from chenu.flows.invariants import check_books


async def require_true_books() -> None:
    """What the hourly check looks at, without asking Stripe."""
    assert [finding for finding in await check_books() if not finding.ok] == []
