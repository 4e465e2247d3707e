"""The archive of a person's data: everything of theirs, and nothing of anybody else."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import UserId
from chenu.accounts.users import get_user
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import Forbidden, Invalid, LimitReached, Unverified
from chenu.core.ids import new_id
from chenu.flows.privacy.export import make_export
from chenu.flows.privacy.rules import PERSONAL
from chenu.flows.services import Services
from chenu.jobs.purge import purge_all
from chenu.privacy import exports
from chenu.privacy.exports import (
    ExportId,
    find_last_export,
    list_exports_due,
    open_last_export,
    read_archive,
    request_export,
)
from tests.accounts.mailed import squat
from tests.people import PASSWORD, make_person, sign_in_again
from tests.privacy.lives import NAME, WORDS, export_of, live
from tests.rows import count, mails_to, put

NOT_OF_A_LIFE = {
    "staff_role.json",
    "entitlement_gauge.json",
    "entitlement_use.json",
    "attempt_window.json",
    "enterprise_contract.json",
    "enterprise_inquiry.json",
    "mail_preference.json",
    "coupon_redemption.json",
    "invoice_refund.json",
    "invoice_refund_request.json",
    "credit_note.json",
    "pack_refund.json",
    "token_opening.json",
    "purchase_refund.json",
    "purchase_refund_request.json",
    "dispute.json",
    "dispute_evidence.json",
    "fraud_warning.json",
    "appeal.json",
    "moderation_decision.json",
    "content_report.json",
    "reports_of_my_agents.json",
    "referral_card.json",
    "brand.json",
    "brand_picture.json",
    "contract_credit.json",
    "contract_credit_refusal.json",
    "incident.json",
    "incident_update.json",
    "maintenance.json",
    "scim_entry.json",
    "scim_group.json",
    "scim_group_member.json",
    "scim_token.json",
    "sso_attempt.json",
    "sso_connection.json",
    "sso_identity.json",
    "sso_join.json",
    "domain_name.json",
}
"""Of staff and large customers, of whoever used a code or got money back, reported by our apps, or
gone within minutes.
"""


async def test_the_archive_has_everything_of_the_person(services: Services) -> None:
    life = await live(services)

    files = await export_of(life.person)

    wanted = {rule.file_name for rule in PERSONAL if rule.exported}
    assert wanted - set(files) <= NOT_OF_A_LIFE
    assert [row["email"] for row in files["app_user.json"]] == [life.person.email]
    assert len(files["membership.json"]) == 2
    assert len(files["purchase.json"]) == 1
    assert [row["creator_share"] for row in files["sale.json"]] == [490]
    assert [row["item"] for row in files["subscription.json"]] == ["PRO"]
    assert files["support_request.json"][0]["body"] == f"{WORDS} body"
    assert files["support_answer.json"][0]["body"] == f"You wrote {WORDS}."
    assert [row["name"] for row in files["api_key.json"]] == [f"{WORDS} key"]
    assert len(files["invitation.json"]) == 2
    assert NAME in files["webhook_endpoint.json"][0]["url"]
    assert NAME in files["outgoing_event.json"][0]["payload"]
    assert {row["name"] for row in files["agent.json"]} == {f"{WORDS} draft", life.sold.name}
    assert files["creator.json"][0]["handle"] == f"{NAME}-nord"
    assert len(files["agent_picture.json"]) == 4


async def test_the_archive_has_nothing_of_others_and_no_secret(services: Services) -> None:
    life = await live(services)

    files = await export_of(life.person)

    for agent in files["agent.json"]:
        del agent["media"]  # what it calls a hash is the name of a picture's files
    text = json.dumps(files, ensure_ascii=False).casefold()
    others = (
        "balthazar",
        "ferdinand",
        "norbert",
        "hildegard",
        "deskworker",
        "invited@",
        "reviewer",
    )
    assert [name for name in others if name in text] == []
    assert "argon2" not in text
    assert "hash" not in text.replace(files["README.txt"].casefold().replace("\n", "\\n"), "")
    hashes = await db.fetch_value(
        "SELECT array_agg(encode(secret_hash, 'hex')) FROM api_key"
    ) + await db.fetch_value("SELECT array_agg(encode(token_hash, 'hex')) FROM user_session")
    assert [one for one in hashes if one in text] == []


async def test_the_archive_explains_itself_in_both_languages(services: Services) -> None:
    files = await export_of(await make_person("zoe"))

    assert "amounts in cents" in files["README.txt"]
    assert "en centimes" in files["README.txt"]


async def test_another_persons_archive_has_nothing_of_the_first(services: Services) -> None:
    life = await live(services)

    texts = [json.dumps(await export_of(person)) for person in (life.seller, life.owner)]

    assert [NAME in text.casefold() or WORDS in text for text in texts] == [False, False]


async def test_a_mail_says_that_it_is_ready_and_the_page_has_it(services: Services) -> None:
    person = await make_person("zoe")

    await export_of(person)

    assert await mails_to(person.email) == ["EXPORT_READY"]
    found = await find_last_export(person.user_id)
    assert found is not None
    assert found.is_ready
    assert found.size > 100


async def test_one_export_at_a_time(services: Services) -> None:
    person = await make_person("zoe")
    await request_export(person.actor, None)

    with pytest.raises(LimitReached, match="already"):
        await request_export(person.actor, None)

    assert await count("data_export") == 1


async def test_a_session_alone_that_is_not_fresh_gets_no_export(services: Services) -> None:
    person = await make_person("zoe")
    await export_of(person)
    await put("user_session", "created_at", system_now() - timedelta(hours=1))

    with pytest.raises(Invalid, match="password"):
        await request_export(person.actor, None)
    with pytest.raises(Invalid, match="password"):
        await open_last_export(person.actor, None)

    assert (await open_last_export(person.actor, PASSWORD)).is_ready


async def test_an_address_that_is_not_proved_gets_no_export(services: Services) -> None:
    squatter = await squat("victim@example.org")

    with pytest.raises(Unverified):
        await request_export(squatter.actor, None)


async def test_a_key_gets_no_export(services: Services) -> None:
    person = await make_person("zoe")
    actor = replace(person.actor, session_id=None)

    with pytest.raises(Forbidden):
        await request_export(actor, None)


async def test_nobody_gets_the_export_of_another(services: Services) -> None:
    await export_of(await make_person("zoe"))
    other = await make_person("other")

    with pytest.raises(Invalid, match="no export"):
        await open_last_export(other.actor, None)


async def test_the_archive_is_gone_after_seven_days(services: Services) -> None:
    person = await make_person("zoe")
    await export_of(person)
    past = system_now() - timedelta(minutes=1)
    await put("data_export", "expires_at", past)
    await put("data_export_chunk", "expires_at", past)

    await purge_all()

    assert await count("data_export_chunk") == 0
    with pytest.raises(Invalid, match="no export"):
        await open_last_export(person.actor, None)
    await request_export(person.actor, None)  # and a new one may be asked for


async def test_a_large_archive_is_stored_and_read_in_parts(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_CHUNK", 100)
    person = await make_person("zoe")

    files = await export_of(person)

    assert files["app_user.json"][0]["email"] == person.email
    assert await count("data_export_chunk") > 5


async def test_what_fails_is_tried_again_and_keeps_nothing_half_made(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await make_person("zoe")
    await request_export(person.actor, None)
    [export_id] = await list_exports_due()

    async def broken(*_: object) -> None:
        raise KeyError("secret")

    with monkeypatch.context() as patch:
        patch.setattr("chenu.flows.privacy.export.store_archive", broken)
        with pytest.raises(KeyError):
            await make_export(export_id)
    error = await db.fetch_value("SELECT last_error FROM data_export")
    assert (error, await list_exports_due(), await count("data_export_chunk")) == (
        "KeyError",
        [],
        0,
    )
    await put("data_export", "next_attempt_at", system_now())
    await make_export((await list_exports_due())[0])
    await make_export(export_id)  # a job that comes twice changes nothing

    assert await mails_to(person.email) == ["EXPORT_READY"]


async def test_an_export_that_is_gone_is_no_fault(services: Services) -> None:
    await make_export(ExportId(new_id()))

    assert await count("data_export") == 0


async def test_an_archive_is_of_the_moment_at_which_it_is_made(services: Services) -> None:
    person = await make_person("zoe")
    await request_export(person.actor, None)
    again = await sign_in_again(person.user_id, person.email)
    for export_id in await list_exports_due():
        await make_export(export_id)

    ready = await open_last_export(again.actor, None)
    content = b"".join([part async for part in read_archive(ready.id)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sessions = json.loads(archive.read("user_session.json"))

    assert len(sessions) == 2
    assert (await get_user(UserId(person.user_id))).email == person.email
