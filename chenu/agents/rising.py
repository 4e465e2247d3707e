"""What is new and rising: creators' agents of the last 30 days that somebody has."""

from datetime import datetime, timedelta

from chenu.core.clock import business_now

_NEW = timedelta(days=30)
RISING = "a.kind = 'MARKETPLACE' AND a.published_at > {0} AND a.installs > 0"
"""SQL about an agent `a` that is on sale; {0} is `since`."""


def since() -> datetime:
    return business_now() - _NEW
