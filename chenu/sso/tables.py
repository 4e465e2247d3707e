"""Connections to identity providers, who came by them, and sign-ins that are under way."""

from piccolo.columns import JSONB, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class SsoConnection(Table, tablename="sso_connection"):
    """How an account's people sign in at their own provider.

    `issuer` is the OIDC issuer, or the entity id of a SAML provider. `client_secret` is encrypted,
    null for SAML and for public clients. `metadata` is the provider's own document as it was read
    last. `roles` maps values of `role_claim` to roles; who has none of them gets `default_role`.
    JSONB does not keep the order of keys: `role_rows` has the same as pairs, in the order that
    counts (null: written by a release that does not know it). `is_required`: passwords are off for
    the members of its mail domains, but for the account's owner.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    kind = Text()
    name = Text()
    issuer = Text()
    client_id = Text(default="")
    client_secret = Bytea(default=None, null=True)
    metadata = Text(default="")
    metadata_read_at = Timestamptz(default=None, null=True)
    state = Text()
    is_required = Boolean(default=False)
    default_role = Text()
    role_claim = Text(default="")
    roles = JSONB(default="{}")
    role_rows = JSONB(default=None, null=True)
    created_at = business_time()
    tried_at = Timestamptz(default=None, null=True)
    switched_on_at = Timestamptz(default=None, null=True)


class SsoIdentity(Table, tablename="sso_identity"):
    """Somebody as their provider knows them: `subject` is the provider's own, for ever.

    `left_at`: they have left the directory, and cannot come back by this identity.
    """

    id = primary_id()
    connection = belongs_to(SsoConnection)
    subject = Text()
    member = belongs_to(AppUser, index=True)
    email = Text()
    created_at = business_time()
    last_seen_at = system_time()
    left_at = Timestamptz(default=None, null=True)


class SsoAttempt(Table, tablename="sso_attempt"):
    """A sign-in that was sent to a provider: its answer counts once, in the same browser.

    The hashes are of what only the browser and the provider know. `secret` is the verifier of PKCE
    with the nonce, encrypted; for SAML, the id of the request is the row's.
    """

    id = primary_id()
    connection = belongs_to(SsoConnection, index=True)
    purpose = Text()
    state_hash = Bytea(unique=True)
    browser_hash = Bytea()
    secret = Bytea()
    next_path = Text(default="")
    member = belongs_to(AppUser, null=True, default=None, index=True)
    created_at = system_time()
    expires_at = system_time()
    used_at = Timestamptz(default=None, null=True)


class SsoJoin(Table, tablename="sso_join"):
    """Somebody who has been here before came by a provider for the first time.

    They join by the mailed link and their password, once.
    """

    id = primary_id()
    token_hash = Bytea(unique=True)
    connection = belongs_to(SsoConnection, index=True)
    member = belongs_to(AppUser, index=True)
    subject = Text()
    email = Text()
    role = Text()
    created_at = system_time()
    expires_at = system_time()
    used_at = Timestamptz(default=None, null=True)
