"""The limits on codes that are typed: guessing stops at the tenth wrong one."""

from chenu.accounts import attempts
from chenu.accounts.actor import Actor
from chenu.core.errors import RateLimited
from chenu.core.i18n import mark

Windows = list[tuple[attempts.Limit, str]]

_TOO_MANY = mark("Too many codes that do not exist. You can try again in {minutes} minutes")


async def count_guess(actor: Actor, path: tuple[str, ...]) -> Windows:
    """Counts one before it is looked at, so that no crowd of guesses slips through.

    Raises RateLimited, with when to try again.
    """
    windows = _windows_of(actor)
    try:
        for limit, subject in windows:
            await attempts.count_attempt(limit, subject)
    except RateLimited as refusal:
        seconds = refusal.retry_after
        raise RateLimited(
            _TOO_MANY, path=path, retry_after=seconds, minutes=-(-seconds // 60)
        ) from None
    return windows


async def release_guess(windows: Windows) -> None:
    """The code exists: whoever typed it has it from somewhere."""
    for limit, subject in windows:
        await attempts.release_attempt(limit, subject)


def _windows_of(actor: Actor) -> Windows:
    windows: Windows = []
    if actor.account_id is not None:
        windows.append((attempts.COUPON_PER_ACCOUNT, str(actor.account_id)))
    if actor.session_id is not None:
        windows.append((attempts.COUPON_PER_SESSION, str(actor.session_id)))
    if not windows:
        windows.append((attempts.COUPON_PER_VISITOR, actor.ip))
    windows.append((attempts.COUPON_PER_IP, actor.ip))
    return windows
