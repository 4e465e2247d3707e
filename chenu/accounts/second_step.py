"""Signing in by two pages: the password on the first, the code on the second.

Between them the browser holds a token that says that the password was right, for ten minutes: no
password is written into a page, and nothing is stored. It is signed with CHENU_SECRET and bound to
the password, so that a new one ends it.
"""

import hmac
from datetime import timedelta
from uuid import UUID

from chenu.accounts.actor import UserId
from chenu.accounts.errors import WrongCredentials, wrong_credentials
from chenu.accounts.password_store import Credentials, get_password_hash, hold_password
from chenu.accounts.second_factor import take_code
from chenu.accounts.sessions import NewSession, open_session
from chenu.accounts.users import Browser
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.i18n import mark
from chenu.core.ids import find_id

_VALID = timedelta(minutes=10)
_TOO_OLD = mark("Too much time has passed: please enter your password again")


async def make_step_token(user_id: UUID, key: bytes) -> str:
    known = Credentials(user_id, await get_password_hash(UserId(user_id)))
    until = int((system_now() + _VALID).timestamp())
    return _sign(known, until, key)


async def finish_sign_in(token: str, code: str, browser: Browser, key: bytes) -> NewSession:
    """Raises WrongCode, RateLimited; WrongCredentials when the first page must be sent again."""
    known = await _find_known(token, key)
    await take_code(known.user_id, code, key)
    return await _enter(known, browser)


async def _find_known(token: str, key: bytes) -> Credentials:
    name, _, rest = token.partition(".")
    until, user_id = rest.partition(".")[0], find_id(name)
    if user_id is None or not (until.isascii() and until.isdigit() and len(until) < 12):
        raise WrongCredentials(_TOO_OLD)
    password_hash = await get_password_hash(UserId(user_id))
    known = Credentials(user_id, password_hash)
    expected, sent = _sign(known, int(until), key), token.encode(errors="surrogatepass")
    is_ours = hmac.compare_digest(expected.encode(), sent)
    if not is_ours or int(until) < system_now().timestamp():
        raise WrongCredentials(_TOO_OLD)
    return known


@db.transactional
async def _enter(known: Credentials, browser: Browser) -> NewSession:
    if not await hold_password(known):
        raise wrong_credentials()
    return await open_session(known.user_id, browser.user_agent, browser.ip)


def _sign(known: Credentials, until: int, key: bytes) -> str:
    said = f"step:{known.id.hex}:{until}:{known.password_hash}".encode()
    return f"{known.id.hex}.{until}.{hmac.new(key, said, 'sha256').hexdigest()}"
