"""What an operation takes of its caller's calls."""

from chenu_graphql.context import Context


async def charge(ctx: Context, calls: int) -> None:
    """Once for each operation: later callers are told what the first was.

    Raises RateLimited or QuotaExceeded for a caller who has not so many left.
    """
    if not ctx.is_charged:
        meter = ctx.services.meter
        ctx.charge = await meter.take(ctx.request_context, calls, in_lots=ctx.is_quick)
        ctx.is_charged = True
    ctx.charge.require(ctx.locale)
