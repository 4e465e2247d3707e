"""A19 by OpenID Connect: answers that prove nothing sign nobody in, and each is in the trail."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey, RSAKey
from msgspec.structs import replace

from chenu.accounts.actor import Actor
from chenu.accounts.passwords import hash_password
from chenu.accounts.second_factor import NO_CODE
from chenu.accounts.users import Browser, create_user
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import Invalid
from chenu.flows.services import Services
from chenu.flows.sso.joining import LinkMailed, SignedIn
from chenu.flows.sso.oidc import Answered
from chenu.flows.sso.proving import join_by_link
from chenu.flows.sso.setup import OidcInput, create_oidc
from chenu.flows.sso.signing_in import begin_sign_in, finish_sign_in
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionId, Refusal
from chenu.sso.providers import ProviderClient
from chenu.tiers.catalogue import TierCode
from chenu.webhooks.client import WebhookClient
from chenu.webhooks.model import AttemptError
from tests.accounts.mailed import mailed_token
from tests.people import make_person
from tests.rows import count, fingerprint
from tests.sso.provider_side import (
    CLIENT,
    HOME,
    ISSUER,
    KEY,
    ProviderSide,
    connected,
    make_connection,
    prove_domain,
    sign_in_by,
)
from tests.sso.test_sign_in import open_acme

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"})
SAME_SHAPE = ECKey.generate_key("P-256", {"kid": "first"})


def now() -> int:
    return int(system_now().timestamp())


def _signed_by_public_key(side: ProviderSide) -> None:
    """The trick with HS256: the public key, which everybody knows, as a shared secret."""
    honest = side.sign({"nonce": "n"}).split(".")
    header = _base64(b'{"alg":"HS256","kid":"first"}')
    signed = f"{header}.{honest[1]}"
    signature = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    side.token = f"{signed}.{_base64(signature)}"


def _base64(text: bytes) -> str:
    return urlsafe_b64encode(text).decode().rstrip("=")


def _without_signature(side: ProviderSide) -> None:
    signed = side.sign({"nonce": "n"})
    side.token = f"eyJhbGciOiJub25lIn0.{signed.split('.')[1]}."


def _changed_claims(side: ProviderSide) -> None:
    mine, theirs = side.sign({}), side.sign({"email": "boss@acme.fr"})
    side.token = ".".join((mine.split(".")[0], theirs.split(".")[1], mine.split(".")[2]))


def _claim(**claims: object) -> Callable[[ProviderSide], None]:
    return lambda side: side.claims.update(claims)


def _key(key: RSAKey | ECKey, **header: object) -> Callable[[ProviderSide], None]:
    def change(side: ProviderSide) -> None:
        side.signs_with = key
        side.header.update(header)

    return change


def _field(**fields: object) -> Callable[[ProviderSide], None]:
    def change(side: ProviderSide) -> None:
        for name, value in fields.items():
            setattr(side, name, value)

    return change


CASES: dict[str, tuple[Callable[[ProviderSide], None], Refusal]] = {
    "signed by another key of that name": (_key(OTHER_KEY), Refusal.SIGNATURE_WRONG),
    "claims of another token": (_changed_claims, Refusal.SIGNATURE_WRONG),
    "no signature at all": (_without_signature, Refusal.ALGORITHM_REFUSED),
    "a shared secret that is the public key": (_signed_by_public_key, Refusal.ALGORITHM_REFUSED),
    "an algorithm that the provider lacks": (_key(KEY, alg="PS256"), Refusal.ALGORITHM_REFUSED),
    "a key of another kind": (_key(SAME_SHAPE, alg="ES256"), Refusal.TOKEN_MALFORMED),
    "a key that nobody published": (_key(OTHER_KEY, kid="other"), Refusal.KEY_UNKNOWN),
    "no token": (_field(token=""), Refusal.TOKEN_MISSING),
    "no token but text": (_field(token="eyJ.not.a token"), Refusal.TOKEN_MALFORMED),
    "another audience": (_claim(aud="somebody-else"), Refusal.AUDIENCE_WRONG),
    "no audience": (_claim(aud=None), Refusal.AUDIENCE_WRONG),
    "two audiences without a party": (_claim(aud=[CLIENT, "other"]), Refusal.PARTY_WRONG),
    "another party": (_claim(azp="other"), Refusal.PARTY_WRONG),
    "another issuer": (_claim(iss="https://id.evil.fr"), Refusal.ISSUER_WRONG),
    "an issuer that only begins so": (_claim(iss=f"{ISSUER}.evil.fr"), Refusal.ISSUER_WRONG),
    "another nonce": (_claim(nonce="n"), Refusal.NONCE_WRONG),
    "no nonce": (_claim(nonce=None), Refusal.NONCE_WRONG),
    "expired": (_claim(exp=now() - 120), Refusal.EXPIRED),
    "without an end": (_claim(exp=None), Refusal.EXPIRED),
    "an end that is no number": (_claim(exp=float("nan")), Refusal.EXPIRED),
    "issued in the future": (_claim(iat=now() + 3600), Refusal.NOT_YET_VALID),
    "not yet valid": (_claim(nbf=now() + 3600), Refusal.NOT_YET_VALID),
    "nobody": (_claim(sub=""), Refusal.SUBJECT_MISSING),
    "a mailbox that is not verified": (_claim(email_verified=False), Refusal.EMAIL_UNVERIFIED),
    "a mailbox that is verified in words": (
        _claim(email_verified="true"),
        Refusal.EMAIL_UNVERIFIED,
    ),
    "nothing about the mailbox": (_claim(email_verified=None), Refusal.EMAIL_UNVERIFIED),
    "no mailbox": (_claim(email="hugo"), Refusal.EMAIL_MISSING),
    "a foreign domain": (_claim(email="boss@example.org"), Refusal.DOMAIN_FOREIGN),
    "a domain below": (_claim(email="boss@mail.acme.fr"), Refusal.DOMAIN_FOREIGN),
    "a domain that looks alike": (_claim(email="boss@асme.fr"), Refusal.DOMAIN_FOREIGN),
    "a code that is refused": (_field(token_status=400), Refusal.CODE_REFUSED),
    "a provider that fails": (_field(token_status=503), Refusal.PROVIDER_UNAVAILABLE),
    "keys that cannot be had": (_field(error=AttemptError.TOO_SLOW), Refusal.PROVIDER_UNAVAILABLE),
    "keys that are huge": (
        _field(error=AttemptError.ANSWER_TOO_LARGE),
        Refusal.PROVIDER_UNAVAILABLE,
    ),
    "keys that are none": (_field(keys_body=b'{"keys": []}'), Refusal.METADATA_INVALID),
    "keys that are secrets": (
        _field(keys_body=b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "first"}]}'),
        Refusal.METADATA_INVALID,
    ),
}


async def test_no_answer_that_proves_nothing_signs_anybody_in(services: Services) -> None:
    services, _, owner, connection = await open_acme(services)
    wrong: dict[str, object] = {}

    for name, (change, expected) in CASES.items():
        side = ProviderSide()
        change(side)
        before = await _state()
        refused = await _refusal(connected(services, side), side, connection.id)
        if refused is not expected:
            wrong[name] = refused
        elif await _state() != before:
            wrong[name] = "something was changed"

    assert wrong == {}
    assert await count("audit_event", "action = 'sso.refused'") == len(CASES)
    codes = "action = 'sso.refused' AND detail->>'code' = 'NONCE_WRONG' AND account_id = $1"
    assert await count("audit_event", codes, owner.actor.account_id) == 2


async def _state() -> dict[str, tuple[int, str]]:
    """What a refusal leaves: the state that it used up, and its row of the trail."""
    found = await fingerprint()
    return {
        name: each for name, each in found.items() if name not in ("sso_attempt", "audit_event")
    }


async def _refusal(
    services: Services, side: ProviderSide, connection_id: ConnectionId
) -> Refusal | str:
    try:
        outcome = await sign_in_by(services, side, connection_id)
    except SsoRefused as refused:
        return refused.refusal
    return f"was let in: {outcome}"


async def test_an_answer_counts_once_in_the_browser_and_the_connection_that_it_is_for(
    services: Services,
) -> None:
    services, side, owner, connection = await open_acme(services)
    data = OidcInput("Other", ISSUER, CLIENT, "")
    other = await create_oidc(services, owner.actor, data)
    sent = await begin_sign_in(services, connection.id, HOME)

    async def answer(answered: Answered, cookie: str, by: ConnectionId = connection.id) -> str:
        try:
            await finish_sign_in(services, Actor(), by, answered, HOME, cookie)
        except SsoRefused as refused:
            return refused.refusal
        return "let in"

    answered = side.visit(sent.url)
    assert await answer(answered, sent.browser) == "let in"
    assert await answer(answered, sent.browser) == Refusal.STATE_USED
    invented = replace(answered, state="invented")
    assert await answer(invented, sent.browser) == Refusal.STATE_UNKNOWN
    for cookie, by, expected in (
        ("", connection.id, Refusal.OTHER_BROWSER),
        ("another browser", connection.id, Refusal.OTHER_BROWSER),
        (sent.browser, other.id, Refusal.OTHER_CONNECTION),
    ):
        later = await begin_sign_in(services, connection.id, HOME, cookie=sent.browser)
        stolen = side.visit(later.url)
        assert await answer(stolen, cookie, by) == expected
        assert await answer(stolen, sent.browser) == Refusal.STATE_USED  # spoilt for everybody
    expired = await begin_sign_in(services, connection.id, HOME, cookie=sent.browser)
    late = side.visit(expired.url)
    await db.execute("UPDATE sso_attempt SET expires_at = now() - interval '1 second'")
    assert await answer(late, sent.browser) == Refusal.STATE_EXPIRED


async def test_an_answer_of_another_provider_is_not_exchanged(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    side.metadata["authorization_response_iss_parameter_supported"] = True
    services = connected(services, side)
    for issuer, error, expected in (
        ("https://id.evil.fr", "", Refusal.ISSUER_WRONG),
        ("", "", Refusal.ISSUER_WRONG),
        (ISSUER, "access_denied", Refusal.PROVIDER_REFUSED),
    ):
        sent = await begin_sign_in(services, connection.id, HOME)
        answered = replace(side.visit(sent.url), issuer=issuer, error=error)

        with pytest.raises(SsoRefused) as refused:
            await finish_sign_in(services, Actor(), connection.id, answered, HOME, sent.browser)

        assert refused.value.refusal is expected
    assert side.forms == []


async def test_a_code_is_worth_nothing_without_the_verifier_of_its_sign_in(
    services: Services,
) -> None:
    """PKCE: a stolen code that is put into the attacker's own sign-in is refused."""
    services, side, _, connection = await open_acme(services)
    victim = await begin_sign_in(services, connection.id, HOME)
    stolen = side.visit(victim.url)
    own = await begin_sign_in(services, connection.id, Browser("Evil", "203.0.113.9"))
    mine = side.visit(own.url)

    answered = Answered(mine.state, stolen.code)
    with pytest.raises(SsoRefused) as refused:
        await finish_sign_in(services, Actor(), connection.id, answered, HOME, own.browser)

    assert refused.value.refusal is Refusal.CODE_REFUSED


@pytest.mark.parametrize(
    "metadata",
    [
        {"code_challenge_methods_supported": ["plain"]},
        {"issuer": "https://id.evil.fr"},
        {"token_endpoint": "http://id.acme.fr/token"},
        {"jwks_uri": "https://127.0.0.1/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ],
)
async def test_a_provider_that_says_such_things_of_itself_is_not_entered(
    services: Services, metadata: dict[str, object]
) -> None:
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    there = connected(services, ProviderSide(metadata=metadata))

    with pytest.raises(SsoRefused) as refused:
        await make_connection(there, owner)

    assert refused.value.refusal is Refusal.METADATA_INVALID
    assert await count("sso_connection") == 0


async def test_an_issuer_in_our_own_network_is_never_asked(services: Services) -> None:
    async def answering(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    owner = await make_person("elsa", TierCode.ENTERPRISE)
    there = replace(services, providers=ProviderClient(WebhookClient(resolve=answering)))

    with pytest.raises(SsoRefused) as refused:
        await make_connection(there, owner)
    assert refused.value.detail == "metadata: TARGET_REFUSED"
    for issuer in ("http://id.acme.fr", "https://169.254.169.254", "https://localhost"):
        with pytest.raises(Invalid):
            await create_oidc(there, owner.actor, OidcInput("Acme", issuer, CLIENT))


async def test_new_keys_of_a_provider_are_read_once_a_minute_at_most(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    seconds = [0.0]
    client = ProviderClient(side, clock=lambda: seconds[0])
    services = replace(services, providers=client)
    await sign_in_by(services, side, connection.id)

    side.signs_with = RSAKey.generate_key(2048, {"kid": "second"})
    side.published = [KEY, side.signs_with]
    side.header["kid"] = "second"
    for _ in range(3):
        with pytest.raises(SsoRefused):
            await sign_in_by(services, side, connection.id)
    assert side.reads["/jwks"] == 1

    seconds[0] = 61
    assert isinstance((await sign_in_by(services, side, connection.id)).result, SignedIn)
    assert side.reads["/jwks"] == 2


async def test_nobody_is_taken_over_by_a_mailbox(services: Services) -> None:
    """Somebody signed up with the victim's mailbox before them, or the provider lies about it."""
    services, side, owner, connection = await open_acme(services)
    squatter = await create_user(
        "hugo@acme.fr", "Stranger", "fr", await hash_password("the stranger's"), verified=False
    )

    outcome = await sign_in_by(services, side, connection.id)

    assert outcome.result == LinkMailed("hugo@acme.fr")
    assert await count("membership", "member = $1", squatter) == 1
    assert await count("user_session", "owner = $1", squatter) == 0
    victim = await mailed_token("hugo@acme.fr")
    await db.execute("UPDATE app_user SET email = 'x@example.org' WHERE id = $1", squatter)
    with pytest.raises(Invalid):  # the mailbox is not theirs any more
        await join_by_link(victim, "the stranger's", NO_CODE, HOME)
    side.claims = {"email": owner.email}
    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, connection.id)
    assert refused.value.refusal is Refusal.DOMAIN_FOREIGN


async def test_two_subjects_of_a_provider_are_never_one_person(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    await sign_in_by(services, side, connection.id)

    side.claims = {"sub": "u-2"}
    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, connection.id)

    assert refused.value.refusal is Refusal.OTHER_IDENTITY


async def test_connections_of_two_accounts_speak_for_their_own_domains(services: Services) -> None:
    services, side, _, connection = await open_acme(services)
    rival = await make_person("rita", TierCode.ENTERPRISE)
    await prove_domain(rival.actor, "rival.fr")
    theirs = await make_connection(services, rival)

    with pytest.raises(SsoRefused) as refused:
        await sign_in_by(services, side, theirs.id)

    assert refused.value.refusal is Refusal.DOMAIN_FOREIGN
    assert isinstance((await sign_in_by(services, side, connection.id)).result, SignedIn)


@pytest.mark.parametrize("path", ["https://evil.fr", "//evil.fr", "/\\evil.fr", "javascript:x"])
async def test_nobody_is_led_elsewhere_afterwards(services: Services, path: str) -> None:
    services, side, _, connection = await open_acme(services)
    sent = await begin_sign_in(services, connection.id, HOME, next_path=path)

    outcome = await finish_sign_in(
        services, Actor(), connection.id, side.visit(sent.url), HOME, sent.browser
    )

    assert outcome.next_path == ""
