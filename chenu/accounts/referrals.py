"""The affiliate's code that somebody signed up with; whose it is does not matter here."""

import re

from chenu.accounts.actor import UserId
from chenu.accounts.validation import check_line
from chenu.core import db
from chenu.core.errors import ChenuError

_CODE = re.compile(r"CHENU[0-9A-F]{8}", re.ASCII)
_LONGEST = 100


def check_referral(code: str | None) -> list[ChenuError]:
    """As a text."""
    if code is None:
        return []
    return check_line(code, path=("referral_code",), shortest=0, longest=_LONGEST)


async def record_referral(user_id: UserId, code: str | None) -> None:
    """What cannot be a code is ignored: a mistyped link must not stop anybody from signing up."""
    found = (code or "").strip().upper()
    if _CODE.fullmatch(found):
        sql = "UPDATE app_user SET referral_code = $2 WHERE id = $1"
        await db.execute(sql, user_id, found)
