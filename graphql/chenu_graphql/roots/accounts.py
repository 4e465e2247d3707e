"""Root fields of the viewer: sessions, own profile and API keys."""

import strawberry

from chenu_graphql import api_keys, sessions
from chenu_graphql.api_keys import ApiKeyPayload
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.people import User, find_viewer
from chenu_graphql.permissions import KEYS, PERSON, READER, SESSION
from chenu_graphql.sessions import OkPayload, SessionPayload, SignOutPayload


@strawberry.type
class AccountQueries:
    viewer: User | None = field("Who asks; null without a session or key.", READER, find_viewer)


@strawberry.type
class SessionMutations:
    sign_up: SessionPayload = field(
        "A new person with a personal account, signed in.",
        PERSON,
        sessions.resolve_sign_up,
        weight=CHANGE,
        sensitive=True,
    )
    sign_in: SessionPayload = field(
        "A new session; the answer sets its cookie.",
        PERSON,
        sessions.resolve_sign_in,
        weight=CHANGE,
        sensitive=True,
    )
    sign_out: SignOutPayload = field(
        "Ends this session.", PERSON, sessions.resolve_sign_out, weight=CHANGE, sensitive=True
    )
    user_update: SessionPayload = field(
        "Name and language at once, an address when its mail's link was opened.",
        SESSION,
        sessions.resolve_user_update,
        weight=CHANGE,
    )
    password_change: OkPayload = field(
        "Ends every other session.",
        SESSION,
        sessions.resolve_password_change,
        weight=CHANGE,
        sensitive=True,
    )
    password_reset_request: OkPayload = field(
        "Answers the same whether the address is known or not.",
        PERSON,
        sessions.resolve_password_reset_request,
        weight=CHANGE,
        sensitive=True,
    )
    password_reset: OkPayload = field(
        "With the mailed link, once; ends all sessions.",
        PERSON,
        sessions.resolve_password_reset,
        weight=CHANGE,
        sensitive=True,
    )
    email_verify: OkPayload = field(
        "Proves the first address or a changed one.",
        PERSON,
        sessions.resolve_email_verify,
        weight=CHANGE,
        sensitive=True,
    )


@strawberry.type
class ApiKeyMutations:
    api_key_create: ApiKeyPayload = field(
        "A new key; its secret is shown once.",
        KEYS,
        api_keys.resolve_api_key_create,
        weight=CHANGE,
        sensitive=True,
    )
    api_key_rotate: ApiKeyPayload = field(
        "A new secret of the same key, shown once; the one until now works for 24 hours more, and "
        "one that was replaced within the last 24 hours ends at once. By the key's maker, within "
        "10 minutes of signing in.",
        KEYS,
        api_keys.resolve_api_key_rotate,
        weight=CHANGE,
        sensitive=True,
    )
    api_key_revoke: ApiKeyPayload = field(
        "At once and for good; again changes nothing.",
        KEYS,
        api_keys.resolve_api_key_revoke,
        weight=CHANGE,
    )
