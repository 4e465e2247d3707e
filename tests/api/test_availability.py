"""The service's state and the months of a contract, as programs read them."""

from datetime import timedelta

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.billing.contracts import insert_contract
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session, gid
from tests.attacks.incidents import end_contract_of_january, tell_of_outages
from tests.availability.contracts import contract_of
from tests.availability.measured import NOON, SLOT, sample_in
from tests.availability.test_credits import LAST, account_of, measure
from tests.people import make_person
from tests.rows import fingerprint


async def test_everybody_reads_the_state_in_their_language(
    client: httpx.AsyncClient, services: Services
) -> None:
    now = system_now()
    await sample_in([0], start=now - (now - NOON) % SLOT)
    await tell_of_outages()

    french = (await Api(client, {"accept-language": "fr"}).run("ServiceStatus")).data
    english = (await Api(client, {"accept-language": "en"}).run("ServiceStatus")).data

    found = french["serviceStatus"]
    assert (found["state"], found["month"]["thousandths"]) == ("OPERATIONAL", 100_000)
    assert len(found["days"]) == 90
    [incident] = found["incidents"]
    assert (incident["title"], incident["updates"][0]["text"]) == ("Panne", "On cherche.")
    [incident] = english["serviceStatus"]["incidents"]
    assert (incident["title"], incident["updates"][0]["text"]) == ("Outage", "We look.")
    assert [row["title"] for row in english["serviceStatus"]["maintenance"]] == ["Works"]


async def test_a_contract_reads_its_months_and_others_which_plan_has_them(
    client: httpx.AsyncClient, services: Services
) -> None:
    customer = await make_person("customer", TierCode.ENTERPRISE)
    ends = LAST.start + timedelta(days=2)
    row = contract_of(LAST.start, ends, account_of(customer), ends, entered_by=customer)
    await insert_contract(row)
    await measure(down=30)

    found = (await as_session(client, services, customer).run("SlaReport")).data["slaReport"]
    small = await make_person("small", TierCode.PRO)
    refused = await as_session(client, services, small).send("{ slaReport { month } }")
    nobody = await Api(client).send("{ slaReport { month } }")

    [month] = [each for each in found if each["contractReference"]]
    assert (month["month"], month["isFinal"]) == (str(LAST.first_day), True)
    assert month["availability"]["thousandths"] == 98_958
    assert (month["creditPercent"], month["confirmedAt"]) == (25, None)
    assert abs(4 * month["credit"]["amountMinor"] - month["fee"]["amountMinor"]) <= 2
    assert refused.codes == ["PLAN_REQUIRED"]
    assert nobody.body["data"] == {"slaReport": None}


_TITLES = {"titleFr": "Travaux", "titleEn": "Works", "reason": "A new disk."}
_TEXTS = {"textFr": "On cherche.", "textEn": "We look.", "reason": "It is seen."}
_NOW, _LAST_SECOND = "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    ("name", "sent", "paths"),
    [
        ("OpenIncident", {**_TITLES, **_TEXTS, "beganAt": _LAST_SECOND}, ["beganAt"]),
        (
            "OpenIncident",
            {**_TITLES, **_TEXTS, "beganAt": _NOW, "reason": " "},
            ["reason"],
        ),
        (
            "OpenIncident",
            {**_TITLES, **_TEXTS, "beganAt": _NOW, "textFr": ""},
            ["textFr"],
        ),
        (
            "AnnounceMaintenance",
            {**_TITLES, "startsAt": _NOW, "endsAt": _LAST_SECOND},
            ["startsAt", "endsAt"],
        ),
        (
            "AnnounceMaintenance",
            {**_TITLES, "startsAt": _LAST_SECOND, "endsAt": _LAST_SECOND},
            ["endsAt"],
        ),
        ("ConfirmSlaCredit", {"month": "9999-12-31", "reason": "No."}, ["month"]),
        ("ConfirmSlaCredit", {"month": "2025-12-01", "reason": "No."}, ["month"]),
        ("ConfirmSlaCredit", {"month": "2026-01-01", "reason": ""}, ["reason"]),
        ("RefuseSlaCredit", {"month": "2025-12-01", "reason": "No."}, ["month"]),
        ("TakeSlaRefusalBack", {"month": "2026-01-01", "reason": ""}, ["reason"]),
    ],
)
async def test_what_staff_send_wrongly_names_its_field_and_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    name: str,
    sent: dict[str, str],
    paths: list[str],
) -> None:
    desk = await make_person("desk", staff=(Staff.SUPPORT, Staff.FINANCE))
    customer = await make_person("customer", TierCode.ENTERPRISE)
    if "Sla" in name:
        sent = {
            **sent,
            "contractId": gid("Contract", await end_contract_of_january(customer, desk)),
        }
    before = await fingerprint()

    reply = await as_session(client, services, desk).run(name, input=sent)

    assert reply.refusals() == [("INVALID", ["input", path]) for path in paths]
    assert await fingerprint() == before


async def test_each_desk_does_its_own_and_a_resolved_incident_stays_so(
    client: httpx.AsyncClient, services: Services
) -> None:
    support = as_session(client, services, await make_person("sam", staff=(Staff.SUPPORT,)))
    finance = as_session(client, services, await make_person("fin", staff=(Staff.FINANCE,)))
    incident = gid("Incident", (await tell_of_outages())["incident"])
    over = {"incidentId": incident, **_TEXTS, "resolves": True}
    ahead = {**_TITLES, "startsAt": "2126-01-01T00:00:00Z", "endsAt": "2126-01-01T01:00:00Z"}

    strange = [
        await support.run("AnnounceMaintenance", input=ahead),
        await finance.run("UpdateIncident", input=over),
    ]
    done = (await support.run("UpdateIncident", input=over)).payload()
    again = await support.run("UpdateIncident", input=over)

    assert [reply.codes for reply in strange] == [["FORBIDDEN"], ["FORBIDDEN"]]
    assert done["incident"]["resolvedAt"] is not None
    assert again.refusals()[0][0] == "INVALID_STATE"
