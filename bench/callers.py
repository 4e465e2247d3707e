"""Who asks for the measured list: somebody who is signed in, and an API key, each of an account
whose contract has more calls than a bench makes.
"""

from datetime import timedelta
from uuid import UUID

import asyncpg

from bench.stand import SECRET
from chenu.accounts.credentials import API_KEY_HEAD, hash_key, hash_token, new_key, new_token
from chenu.core.clock import system_now
from chenu.core.ids import new_id

SIGNED_IN, KEYED = "signed in", "by an API key"
_SESSION_COOKIE = "__Host-chenu_session"


async def make_callers(url: str) -> dict[str, str]:
    """The header of each by its name."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            return await _make_callers(connection)
    finally:
        await connection.close()


async def _make_callers(connection: asyncpg.Connection) -> dict[str, str]:
    account, person = await find_caller(connection)
    await connection.execute(_CONTRACT, account)
    await connection.execute(_MEMBER, new_id(), account, person)
    token, secret, now = new_token(), new_key(API_KEY_HEAD).secret, system_now()
    lasting = (now, now + timedelta(days=1))
    await connection.execute(_SESSION, new_id(), hash_token(token), person, *lasting)
    key_hash = hash_key(secret, SECRET.encode())
    await connection.execute(_KEY, new_id(), account, person, key_hash)
    return {
        SIGNED_IN: f"cookie: {_SESSION_COOKIE}={token}",
        KEYED: f"authorization: Bearer {secret}",
    }


async def find_caller(connection: asyncpg.Connection) -> tuple[UUID, UUID]:
    """A personal account, for which its owner's session acts by itself, and that owner."""
    sql = "SELECT id, owner FROM account WHERE kind = 'PERSONAL' ORDER BY id LIMIT 1"
    found = await connection.fetchrow(sql)
    assert found is not None
    return found["id"], found["owner"]


_CONTRACT = """
    UPDATE account SET tier = 'ENTERPRISE', api_calls = 1000000000000, api_rate = 60000000
    WHERE id = $1
"""
_MEMBER = """
    INSERT INTO membership (id, account, member, role) SELECT $1, $2, $3, 'OWNER'
    WHERE NOT EXISTS (SELECT 1 FROM membership WHERE account = $2 AND member = $3)
"""
_SESSION = """
    INSERT INTO user_session (id, token_hash, owner, user_agent, ip, created_at, last_seen_at,
        expires_at)
    VALUES ($1, $2, $3, 'bench', '127.0.0.1', $4, $4, $5)
"""
_KEY = """
    INSERT INTO api_key (id, account, created_by, name, prefix, secret_hash, scopes,
        documents_only, created_at)
    VALUES ($1, $2, $3, 'bench', 'chenu_live_', $4, '{READ,MARKETPLACE}', false, now())
"""
