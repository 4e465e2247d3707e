"""The windows in which sign-in attempts are counted, and their correction after a success."""

from chenu.accounts import attempts

Windows = list[tuple[attempts.Limit, str]]


async def count_sign_in(email: str | None, ip: str, device: str | None) -> Windows:
    """Counts an attempt; raises RateLimited.

    `email` is None if the typed text is no email address. `device` is a known browser of the
    person: its attempts are counted separately, so that nobody else can use them up.
    """
    windows: Windows = [(attempts.SIGN_IN_PER_IP, ip)]
    if email is not None:
        windows.append((attempts.SIGN_IN_PER_EMAIL, email))
    if device is not None:
        windows = [(attempts.SIGN_IN_PER_DEVICE, device)]
    for limit, subject in windows:
        await attempts.count_attempt(limit, subject)
    return windows


async def reset_after_success(windows: Windows) -> None:
    """A success does not count for the IP, and resets the person's counter."""
    for limit, subject in windows:
        if limit is attempts.SIGN_IN_PER_IP:
            await attempts.release_attempt(limit, subject)
        else:
            await attempts.forget_attempts(limit, subject)
