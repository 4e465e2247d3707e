"""In which windows a try to sign in is counted, and what becomes of it when it succeeds."""

from chenu.accounts import attempts

Windows = list[tuple[attempts.Limit, str]]


async def count_try(email: str | None, ip: str, device: str | None) -> Windows:
    """`email` None: what was typed is no address. `device`: a browser of the person's own, whose
    tries are counted apart, so that nobody else can use them up. Raises RateLimited.
    """
    windows: Windows = [(attempts.SIGN_IN_PER_IP, ip)]
    if email is not None:
        windows.append((attempts.SIGN_IN_PER_EMAIL, email))
    if device is not None:
        windows = [(attempts.SIGN_IN_PER_DEVICE, device)]
    for limit, subject in windows:
        await attempts.count_attempt(limit, subject)
    return windows


async def forgive_tries(windows: Windows) -> None:
    """A success is no try of a network address, and the person starts afresh."""
    for limit, subject in windows:
        if limit is attempts.SIGN_IN_PER_IP:
            await attempts.release_attempt(limit, subject)
        else:
            await attempts.forget_attempts(limit, subject)
