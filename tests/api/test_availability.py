"""The service's state and the months of a contract, as programs read them."""

from datetime import timedelta

import httpx

from chenu.billing.contracts import insert_contract
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_session
from tests.attacks.incidents import tell_of_outages
from tests.availability.contracts import contract_of
from tests.availability.measured import NOON, SLOT, sample_in
from tests.availability.test_credits import LAST, account_of, measure
from tests.people import make_person


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
