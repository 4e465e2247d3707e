"""Reports of leaked keys: who may report, what becomes of a key, and who is told."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import CreatedKey, create_api_key, find_key_actor
from chenu.accounts.credentials import API_KEY_HEAD, SERVICE_KEY_HEAD, new_key
from chenu.accounts.key_rotation import rotate_api_key
from chenu.accounts.service_keys import create_service_key
from chenu.app import create_app
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.http.leak_reports import MAX_BYTES, MAX_FINDINGS
from chenu.leak_reporters import read_leak_reporters
from chenu.tiers.catalogue import TierCode
from tests.api.calls import counted_statements
from tests.conftest import open_client, with_settings
from tests.http.leaks import PLACE, REPORTER, body_of, der_of, labels, report, sign
from tests.people import Person, make_member, make_person
from tests.rows import count, fingerprint, mails_to, put

TRUE, FALSE = "true_positive", "false_positive"


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    changed = with_settings(services, leak_reporters=(REPORTER,))
    async with open_client(changed, create_app(changed)) as opened:
        yield opened


async def make(services: Services, person: Person) -> CreatedKey:
    pepper = services.settings.secret
    return await create_api_key(person.actor, "ci", [ApiScope.READ], None, pepper)


async def works(services: Services, secret: str) -> bool:
    return await find_key_actor(secret, services.settings.secret, "") is not None


async def test_a_leaked_key_is_revoked_at_once_and_its_people_get_a_mail(
    http: httpx.AsyncClient, services: Services
) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    billing = await make_member(owner, "theo", AccountRole.BILLING)
    leaked, other = await make(services, billing), await make(services, owner)

    answer = await report(http, body_of(leaked.secret))

    assert answer.status_code == 200
    hashed = hashlib.sha256(leaked.secret.encode()).hexdigest()
    assert answer.json() == [{"token_hash": hashed, "token_type": "chenu_api_key", "label": TRUE}]
    assert [await works(services, key.secret) for key in (leaked, other)] == [False, True]
    mailed = [await mails_to(person.email) for person in (billing, owner)]
    assert mailed == [["API_KEY_LEAKED"], ["API_KEY_LEAKED"]]
    event = str(await db.fetch_value("SELECT e::text FROM audit_event e WHERE action LIKE '%leak'"))
    assert PLACE in event
    assert "key-1" in event
    assert leaked.secret not in event


async def test_the_same_report_again_changes_nothing(
    http: httpx.AsyncClient, services: Services
) -> None:
    leaked = await make(services, await make_person("camille", TierCode.PRO))
    body = body_of(leaked.secret, leaked.secret)
    first = await report(http, body)
    before = await fingerprint()

    again = await report(http, body)

    assert labels(first) == labels(again) == [TRUE, TRUE]
    assert await fingerprint() == before
    assert await count("outbox_mail", "kind = 'API_KEY_LEAKED'") == 1


async def test_what_is_not_ours_is_a_false_positive(
    http: httpx.AsyncClient, services: Services
) -> None:
    leaked = await make(services, await make_person("camille", TierCode.PRO))
    never_made = new_key(API_KEY_HEAD).secret
    wrong = ["", "x", "é", "\x00", leaked.secret[:-1], f"{leaked.secret}0", "a" * 10_000]

    answer = await report(http, body_of(*wrong, never_made, leaked.secret))

    assert labels(answer) == [FALSE] * len(wrong) + [FALSE, TRUE]


async def test_without_anything_of_ours_the_database_is_not_asked(http: httpx.AsyncClient) -> None:
    async with counted_statements() as statements:
        answer = await report(http, body_of("ghp_something", "chenu_live_mistyped"))

    assert labels(answer) == [FALSE, FALSE]
    assert [each for each in statements if "business_clock" not in each] == []


async def test_a_replaced_secret_ends_and_the_key_goes_on(
    http: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("camille", TierCode.PRO)
    old = await make(services, person)
    new = await rotate_api_key(person.actor, old.key.id, services.settings.secret)

    answer = await report(http, body_of(old.secret))

    assert labels(answer) == [TRUE]
    assert [await works(services, key.secret) for key in (old, new)] == [False, True]
    mail = str(await db.fetch_value("SELECT params::text FROM outbox_mail"))
    assert '"is_replaced": true' in mail
    await report(http, body_of(new.secret))
    assert not await works(services, new.secret)
    assert await mails_to(person.email) == ["API_KEY_LEAKED"] * 2


async def test_a_secret_after_its_grace_period_ends_nothing(
    http: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("camille", TierCode.PRO)
    old = await make(services, person)
    await rotate_api_key(person.actor, old.key.id, services.settings.secret)
    await put("api_key", "previous_until", system_now() - timedelta(minutes=1))
    before = await fingerprint()

    answer = await report(http, body_of(old.secret))

    assert labels(answer) == [TRUE]
    assert await fingerprint() == before


async def test_a_leaked_service_key_is_revoked_too(
    http: httpx.AsyncClient, services: Services
) -> None:
    secret = await create_service_key("apps", services.settings.secret)
    made_up = new_key(SERVICE_KEY_HEAD).secret

    answer = await report(http, body_of(secret, made_up))

    assert labels(answer) == [TRUE, FALSE]
    assert await count("service_key", "revoked_at IS NOT NULL") == 1
    assert await count("audit_event", "action = 'service_key.leak'") == 1


STRANGER = generate_private_key(SECP256R1())
GOOD = sign(body_of("x"))
BAD_SIGNATURES = {
    "none": ("", "key-1"),
    "no base64": ("!!!", "key-1"),
    "beyond ASCII": ("é", "key-1"),
    "cut short": (GOOD[:20], "key-1"),
    "of another body": (GOOD, "key-1"),
    "of nobody": ("stranger", "key-1"),
    "of an unknown key": ("own", "key-2"),
    "without the key's name": ("own", ""),
}


@pytest.mark.parametrize(
    ("signature", "identifier"), BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys()
)
async def test_a_bad_signature_is_refused_and_changes_nothing(
    http: httpx.AsyncClient, services: Services, signature: str, identifier: str
) -> None:
    leaked = await make(services, await make_person("camille", TierCode.PRO))
    body = body_of(leaked.secret)
    made = {"stranger": sign(body, STRANGER), "own": sign(body)}
    before = await fingerprint()

    answer = await report(http, body, made.get(signature, signature), identifier)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert await works(services, leaked.secret)
    assert await fingerprint() == before


async def test_nobody_is_known_until_somebody_is_set(
    client: httpx.AsyncClient, services: Services
) -> None:
    leaked = await make(services, await make_person("camille", TierCode.PRO))

    assert (await report(client, body_of(leaked.secret))).status_code == 401
    assert await works(services, leaked.secret)


BAD_BODIES = [b"", b"{}", b"[1]", b'[{"type": "x"}]', b'[{"token": 5}]', b"[", b"\xff"]


@pytest.mark.parametrize("body", BAD_BODIES, ids=[repr(body) for body in BAD_BODIES])
async def test_a_signed_body_of_another_form_is_bad_input(
    http: httpx.AsyncClient, body: bytes
) -> None:
    answer = await report(http, body)

    assert answer.status_code == 400
    assert "token" in answer.json()["error"]["message"]


async def test_reports_have_a_size(http: httpx.AsyncClient) -> None:
    most = await report(http, body_of(*["x"] * MAX_FINDINGS))
    more = await report(http, body_of(*["x"] * (MAX_FINDINGS + 1)))
    large = await report(http, body_of("x" * MAX_BYTES))

    assert (most.status_code, more.status_code, large.status_code) == (200, 400, 413)
    assert (await report(http, b"[]")).json() == []


def test_reporters_are_read_from_the_pairs_of_a_setting() -> None:
    key = base64.b64encode(REPORTER.der).decode()
    other = generate_private_key(SECP256R1())
    pairs = f"key-1:{key}, key-2: {base64.b64encode(der_of(other)).decode()} ,"

    known = read_leak_reporters(pairs)

    assert [each.identifier for each in known] == ["key-1", "key-2"]
    assert known[0] == REPORTER
    assert known[1].has_signed(b"x", sign(b"x", other))
    assert read_leak_reporters("") == ()


def test_another_curve_is_refused() -> None:
    key = base64.b64encode(der_of(generate_private_key(SECP384R1()))).decode()

    with pytest.raises(ValueError, match="P-256"):
        read_leak_reporters(f"key-1:{key}")
