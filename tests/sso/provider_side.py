"""An OIDC provider of the tests: it signs what it is told to, and answers without a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from msgspec.structs import replace

from chenu.accounts.actor import Actor
from chenu.accounts.users import Browser
from chenu.core.clock import system_now
from chenu.domains.model import NameKind
from chenu.domains.proving import add_name, prove_name
from chenu.domains.resolver import Resolver
from chenu.flows.services import Services
from chenu.flows.sso.oidc import Answered
from chenu.flows.sso.setup import OidcInput, RoleTable, create_oidc
from chenu.flows.sso.signing_in import Outcome, begin_sign_in, finish_sign_in
from chenu.flows.sso.switching import switch_on
from chenu.sso.connections import ConnectionRow, set_state
from chenu.sso.model import ConnectionId, ConnectionState
from chenu.sso.providers import ProviderClient
from chenu.webhooks.client import Answer, WebhookClient
from chenu.webhooks.model import AttemptError
from tests.domains.resolvers import Records
from tests.people import Person

ISSUER = "https://id.acme.fr"
CLIENT, SECRET = "chenu", "a secret of the provider: 100 % café"
HOME = Browser("Firefox", "192.0.2.1")
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
Changes = Mapping[str, object]


@dataclass
class ProviderSide(WebhookClient):
    """`signs_with` may be a key that it has not published. `token`: instead of one it would sign.

    `forms` are what was asked of its token endpoint, `reads` how often each document was read.
    """

    issuer: str = ISSUER
    published: list[RSAKey | ECKey] = field(default_factory=lambda: [KEY])
    signs_with: RSAKey | ECKey = field(default_factory=lambda: KEY)
    header: dict[str, object] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    claims: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)
    token: str | None = None
    keys_body: bytes | None = None
    error: AttemptError = AttemptError.NONE
    token_status: int = 200
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    authorizations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        path = urlsplit(url).path
        self.reads[path] = self.reads.get(path, 0) + 1
        if self.error is not AttemptError.NONE and path != "/.well-known/openid-configuration":
            return Answer(None, self.error)
        if path == "/jwks":
            return Answer(200, AttemptError.NONE, body=self.keys_body or self._keys())
        return Answer(200, AttemptError.NONE, body=msgspec.json.encode(self.document()))

    def _keys(self) -> bytes:
        return msgspec.json.encode(KeySet([*self.published]).as_dict(private=False))

    def document(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            **self.metadata,
        }

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        form = {name: each[0] for name, each in parse_qs(body.decode()).items()}
        self.forms.append(form)
        self.authorizations.append(headers.get("Authorization", ""))
        if self.token_status != 200 or form["code"] not in self.codes:
            return Answer(max(self.token_status, 400), AttemptError.NONE)
        nonce, challenge = self.codes.pop(form["code"])
        if create_s256_code_challenge(form["code_verifier"]) != challenge:
            return Answer(400, AttemptError.NONE)
        token = self.token if self.token is not None else self.sign({"nonce": nonce})
        return Answer(200, AttemptError.NONE, body=msgspec.json.encode({"id_token": token}))

    def sign(self, changes: Changes) -> str:
        now = int(system_now().timestamp())
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "email": "hugo@acme.fr",
            "email_verified": True,
            "name": "Hugo Petit",
            **changes,
            **self.claims,
        }
        claims = {name: each for name, each in said.items() if each is not None}
        return jwt.encode(self.header, claims, self.signs_with, [str(self.header["alg"])])

    def visit(self, url: str) -> Answered:
        """What a browser brings back that somebody signed in at `url` with."""
        query = {name: each[0] for name, each in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.codes) + len(self.forms)}"
        self.codes[code] = (query["nonce"], query["code_challenge"])
        return Answered(query["state"], code)


def connected(services: Services, side: ProviderSide, resolver: Resolver | None = None) -> Services:
    return replace(services, providers=ProviderClient(side), resolver=resolver or Records())


async def prove_domain(actor: Actor, name: str = "acme.fr") -> None:
    row = await add_name(actor, NameKind.MAIL, name)
    await prove_name(Records({row.record_name: [row.record_value]}), actor, row.id)


async def make_connection(
    services: Services, owner: Person, table: RoleTable | None = None, *, is_on: bool = True
) -> ConnectionRow:
    """Of an account whose domain acme.fr is proved; ON without a trial unless it is not to be."""
    data = OidcInput("Acme", ISSUER, CLIENT, SECRET, table or RoleTable())
    connection = await create_oidc(services, owner.actor, data)
    if not is_on:
        return connection
    await set_state(connection.id, ConnectionState.TRIED)
    return await switch_on(owner.actor, connection.id)


async def sign_in_by(
    services: Services, side: ProviderSide, connection_id: ConnectionId, browser: Browser = HOME
) -> Outcome:
    """There and back, as somebody new to this browser."""
    sent = await begin_sign_in(services, connection_id, browser, next_path="/tokens")
    answered = side.visit(sent.url)
    return await finish_sign_in(services, Actor(), connection_id, answered, browser, sent.browser)
