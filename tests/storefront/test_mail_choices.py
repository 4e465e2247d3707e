"""What people turn off stays off: on the page of choices, and by the link in a mail."""

import re

import httpx
import pytest

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import verify_email
from chenu.core import db
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_kinds import MailTopic, topic_of
from chenu.core.mail_preferences import make_unsubscribe_token, read_unsubscribe_token
from chenu.flows.services import Services
from chenu.jobs.mail_samples import sample_row, samples_of
from chenu.jobs.mail_text import compose_mail
from tests.accounts.mailed import mailed_token
from tests.attacks.pages import csrf_of, session_headers
from tests.people import Person, make_person
from tests.rows import count, fingerprint

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def queue_each(person: Person, round_: str = "1") -> set[MailKind]:
    """One mail of every kind; those that are queued."""
    for kind in MailKind:
        params = samples_of(kind, "fr")[0]
        await queue_mail(kind, person.email, "fr", f"{round_}:{kind}", params)
    sql = "SELECT array_agg(kind) FROM outbox_mail WHERE business_key LIKE $1"
    return {MailKind(kind) for kind in await db.fetch_value(sql, f"{round_}:%") or []}


def off(topics: set[MailTopic]) -> set[MailKind]:
    return {kind for kind in MailKind if topic_of(kind) in topics}


async def choose(
    client: httpx.AsyncClient, services: Services, person: Person, *topics: str
) -> httpx.Response:
    form = {"csrf_token": csrf_of(services, person), "topic": list(topics)}
    headers = session_headers(services, person)
    return await client.post("/account/mail", data=form, headers=headers)


def link_of(services: Services, person: Person, kind: MailKind) -> str:
    """Of a real mail: the path and query of its List-Unsubscribe header."""
    row = sample_row(kind, "fr", samples_of(kind, "fr")[0])
    row = type(row)(
        **{**{f: getattr(row, f) for f in row.__struct_fields__}, "to_address": person.email}
    )
    settings = services.settings
    mail = compose_mail(
        row, sender=settings.mail_from, public_url=settings.public_url, secret=settings.secret
    )
    return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(settings.public_url)


async def test_everything_comes_until_something_is_turned_off(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe")

    page = await client.get("/account/mail", headers=session_headers(services, person))

    assert page.status_code == 200
    assert len(re.findall(r'type="checkbox"[^>]* checked', page.text)) == len(MailTopic)
    assert await queue_each(person) == set(MailKind)


@pytest.mark.parametrize("topic", MailTopic)
async def test_a_topic_that_is_turned_off_comes_no_more_and_everything_else_does(
    client: httpx.AsyncClient, services: Services, topic: MailTopic
) -> None:
    person, other = await make_person("zoe"), await make_person("ali")
    wanted = [each for each in MailTopic if each is not topic]

    answer = await choose(client, services, person, *wanted)

    assert answer.headers["location"] == "/account/mail?notice=mail-chosen"
    assert await queue_each(person) == set(MailKind) - off({topic})
    assert await queue_each(other, "2") == set(MailKind)
    page = await client.get("/account/mail", headers=session_headers(services, person))
    assert f'value="{topic}" checked' not in page.text
    await choose(client, services, person, *MailTopic)
    assert await queue_each(person, "3") == set(MailKind)


async def test_an_unknown_topic_is_named_and_changes_nothing(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe")
    before = await fingerprint()

    answer = await choose(client, services, person, "TIPS", "MONEY")

    assert answer.status_code == 422
    assert "TIPS, SALES, REVIEWS" in answer.text
    assert await fingerprint() == before


@pytest.mark.parametrize("kind", [kind for kind in MailKind if topic_of(kind)])
async def test_one_click_in_a_mail_program_turns_it_off_signed_out(
    client: httpx.AsyncClient, services: Services, kind: MailKind
) -> None:
    """RFC 8058: a POST without cookies or Origin, to the very address of the header."""
    person = await make_person("zoe")
    link = link_of(services, person, kind)

    for _ in range(2):
        answer = await client.post(link, data=ONE_CLICK)
        assert answer.status_code == 200

    assert await count("mail_preference") == 1
    assert await queue_each(person) == set(MailKind) - off({topic_of(kind) or MailTopic.TIPS})


async def test_a_link_alone_changes_nothing_and_its_form_does(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe")
    link = link_of(services, person, MailKind.SALE)

    page = await client.get(link, headers={"accept-language": "fr"})
    assert await count("mail_preference") == 0
    [token] = re.findall(r'name="token" value="([^"]+)"', page.text)
    done = await client.post("/mail/unsubscribe", data={"token": token})

    assert person.email not in page.text
    assert done.status_code == 200
    assert await count("mail_preference") == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token.replace("sales.", "tips."),
        lambda token: token.replace("sales.", "money."),
        lambda token: token + "A",
        lambda token: "sales." + "A" * 64,
        lambda token: "sales.é",
        lambda token: token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
    ],
    ids=["none", "cut", "topic", "unknown topic", "longer", "made up", "odd", "another person"],
)
async def test_a_link_that_we_did_not_sign_changes_nothing(
    client: httpx.AsyncClient, services: Services, change: object
) -> None:
    token = make_unsubscribe_token(services.settings.secret, "zoe@example.org", MailTopic.SALES)
    assert callable(change)
    bad = change(token)

    page = await client.get("/mail/unsubscribe", params={"token": bad})
    answer = await client.post("/mail/unsubscribe", params={"token": bad}, data=ONE_CLICK)

    assert (page.status_code, answer.status_code) == (422, 422)
    assert "/account/mail" in answer.text
    assert await count("mail_preference") == 0


def test_a_token_of_another_secret_is_none_of_ours() -> None:
    token = make_unsubscribe_token(b"a" * 32, "zoe@example.org", MailTopic.TIPS)

    assert read_unsubscribe_token(b"a" * 32, token) is not None
    assert read_unsubscribe_token(b"b" * 32, token) is None


async def test_what_was_turned_off_moves_with_the_person_to_another_address(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("zoe")
    await choose(client, services, person)
    await update_profile(person.actor, ProfileChange(email="new@example.org"))

    await verify_email(await mailed_token("new@example.org"))

    assert await count("mail_preference") == len(MailTopic)
    params = samples_of(MailKind.SALE, "fr")[0]
    await queue_mail(MailKind.SALE, "new@example.org", "fr", "sale:new", params)
    await queue_mail(MailKind.SALE, person.email, "fr", "sale:old", params)
    assert await count("outbox_mail", "kind = 'SALE' AND to_address = $1", person.email) == 1
    assert await count("outbox_mail", "kind = 'SALE'") == 1


async def test_the_page_of_choices_asks_who_is_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/account/mail")

    assert answer.headers["location"].startswith("/sign-in")
