"""Text in several Unicode forms: passwords, names, email addresses and keys are equal in each."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher

from chenu.accounts import passwords
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.idempotency import client_key
from chenu.accounts.passwords import hash_password, verify_password
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import change_password, request_password_reset, reset_password
from chenu.accounts.service_keys import create_service_key
from chenu.accounts.users import Browser, SignUp, find_user_by_email, get_user, sign_in, sign_up
from chenu.core import db
from chenu.core.errors import AlreadyExists, Invalid
from chenu.flows.services import Services
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, make_person
from tests.rows import count, put

BROWSER = Browser("Firefox", "192.0.2.7")
SECRETS = {
    "accents": "Caf\u00e9 cr\u00e8me br\u00fbl\u00e9e",
    "two marks on a letter": "ti\u1ebfng Vi\u1ec7t l\u1eafm",
    "Hangul": "\ube44\ubc00\ubc88\ud638\uc785\ub2c8\ub2e4 1868",
    "the sign of the angstrom": "\u212bngstr\u00f6m 1868",
    "a ligature": "af\ufb01n de dire \u00e9",
    "full width": "\uff53\uff45\uff43\uff52\uff45\uff54-\uff11\uff12\uff13",
    "a space that does not break": "l\u2019\u00e9t\u00e9\u00a0sera chaud",
}
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CYRILLIC = "zoe@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444"
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
async def test_a_password_opens_in_every_form(services: Services, secret: str) -> None:
    await sign_up(SignUp("zoe@example.org", secret, "Zoe"), BROWSER, verify_at_once=True)

    for form in FORMS:
        await sign_in("zoe@example.org", unicodedata.normalize(form, secret), BROWSER)


@pytest.mark.parametrize("stored", [*FORMS, None])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
async def test_a_hash_of_before_opens_and_is_made_anew(
    services: Services, secret: str, stored: Form | None
) -> None:
    person = await make_person("zoe")
    before = secret if stored is None else unicodedata.normalize(stored, secret)
    await put("app_user", "password_hash", WEAK.hash(before))

    await sign_in(person.email, before, BROWSER)
    renewed = str(await db.fetch_value("SELECT password_hash FROM app_user"))

    assert PasswordHasher().verify(renewed, unicodedata.normalize("NFKC", secret))


async def test_a_hash_of_before_opens_from_another_keyboard(services: Services) -> None:
    person = await make_person("zoe")
    typed = "Cafe\u0301 cre\u0300me bru\u0302le\u0301e"
    await put("app_user", "password_hash", PasswordHasher().hash(typed))

    await sign_in(person.email, unicodedata.normalize("NFC", typed), BROWSER)


async def test_a_password_of_plain_letters_keeps_its_hash(services: Services) -> None:
    person = await make_person("zoe")
    before = await db.fetch_value("SELECT password_hash FROM app_user")

    await sign_in(person.email, PASSWORD, BROWSER)

    assert await db.fetch_value("SELECT password_hash FROM app_user") == before


async def test_a_changed_and_a_reset_password_open_in_every_form(services: Services) -> None:
    person = await make_person("zoe")
    await change_password(person.actor, PASSWORD, SECRETS["accents"])
    await change_password(
        person.actor, unicodedata.normalize("NFD", SECRETS["accents"]), SECRETS["Hangul"]
    )
    await sign_in(person.email, unicodedata.normalize("NFD", SECRETS["Hangul"]), BROWSER)

    await request_password_reset(person.email, "192.0.2.7")
    token = await mailed_token(person.email)
    await reset_password(token, unicodedata.normalize("NFD", SECRETS["a ligature"]))

    await sign_in(person.email, SECRETS["a ligature"], BROWSER)


@pytest.mark.parametrize("wrong", ["Cafe creme brulee", "CAF\u00c9 CR\u00c8ME BR\u00dbL\u00c9E"])
async def test_another_password_stays_another(services: Services, wrong: str) -> None:
    await sign_up(SignUp("zoe@example.org", SECRETS["accents"], "Z"), BROWSER, verify_at_once=True)

    with pytest.raises(WrongCredentials):
        await sign_in("zoe@example.org", wrong, BROWSER)


@contextmanager
def _counted_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Counts the hashes that argon2 checks, which take nearly all of the time."""
    checked: list[bytes] = []
    real = passwords._HASHER

    class Counting:
        def verify(self, known: str, secret: Any) -> bool:
            checked.append(secret)
            return real.verify(known, secret)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_HASHER", Counting())
        yield checked


@pytest.mark.parametrize("typed", [*SECRETS.values(), "plain letters", "x" * 100_000, "\ud800"])
async def test_an_unknown_person_costs_as_much_as_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    known = await hash_password("something else altogether")

    with _counted_hashes(monkeypatch) as of_known:
        await verify_password(typed, known)
    with _counted_hashes(monkeypatch) as of_unknown:
        await verify_password(typed, None)

    assert of_known == of_unknown
    assert len(of_known) == 1 or not typed.isascii()


@pytest.mark.parametrize(
    "typed", ["Zoe\u0301 B.", " Zo\u00e9 B. ", "Zoe\u0301\u00a0B.".replace("\u00a0", " ")]
)
async def test_a_name_is_stored_in_one_form(services: Services, typed: str) -> None:
    person = await make_person("zoe")

    await update_profile(person.actor, ProfileChange(display_name=typed))

    assert (await get_user(person.user_id)).display_name == "Zo\u00e9 B."


@pytest.mark.parametrize(
    "typed",
    [
        "u@m\u00fcller.example",
        "U@mu\u0308ller.EXAMPLE",
        "u@xn--mller-kva.example",
        "u\uff20m\u00fcller.example",
    ],
)
async def test_an_international_address_is_one_account_in_every_spelling(
    services: Services, typed: str
) -> None:
    request = SignUp("u@M\u00dcLLER.example", PASSWORD, "Uwe")
    await sign_up(request, BROWSER, verify_at_once=True)

    await sign_in(typed, PASSWORD, BROWSER)
    await request_password_reset(typed, "192.0.2.7")

    user = await find_user_by_email(typed)
    assert user is not None
    assert user.email == "u@xn--mller-kva.example"
    assert await count("outbox_mail", "to_address = $1", user.email) == 2
    with pytest.raises(AlreadyExists):
        await sign_up(SignUp(typed, PASSWORD, "Uwe"), BROWSER, verify_at_once=True)


async def test_an_address_changes_to_an_international_one(services: Services) -> None:
    person = await make_person("zoe")

    await update_profile(person.actor, ProfileChange(email="zoe@xn--e1afmkfd.xn--p1ai"))
    await update_profile(person.actor, ProfileChange(email=CYRILLIC))

    where = "to_address = 'zoe@xn--e1afmkfd.xn--p1ai'"
    assert await count("outbox_mail", where) == 2


@pytest.mark.parametrize("typed", ["zo\u00e9@example.org", f"\u043f{CYRILLIC}"])
async def test_letters_beyond_ascii_before_the_at_are_refused_in_clear_words(
    services: Services, typed: str
) -> None:
    with pytest.raises(Invalid, match="before the @") as refused:
        await sign_up(SignUp(typed, PASSWORD, "Zoe"), BROWSER, verify_at_once=True)

    assert refused.value.path == ("email",)


async def test_a_key_of_a_client_is_the_same_in_both_forms(services: Services) -> None:
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None

    composed = client_key(account_id, "Zo\u00e9", "buy", {"to": "\u00e9"})
    decomposed = client_key(account_id, "Zoe\u0301", "buy", {"to": "e\u0301"})

    assert composed == decomposed


async def test_a_service_keys_name_is_stored_in_one_form(services: Services) -> None:
    await create_service_key(" Te\u0301le\u0301 ", b"pepper")

    assert await db.fetch_value("SELECT name FROM service_key") == "T\u00e9l\u00e9"
