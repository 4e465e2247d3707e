"""A6: an affiliate's link, and the question behind it, lead to ourselves and nowhere else."""

import re
from urllib.parse import unquote

import httpx

from chenu.flows.services import Services
from tests.affiliates.bound import make_affiliate
from tests.affiliates.test_clicks import FIREFOX
from tests.attacks.test_redirects import AWAY, OURS, _ends_up, _sent
from tests.people import make_person

VISITOR = {"user-agent": FIREFOX, "sec-fetch-dest": "document"}
_HREF = re.compile(r'(?:href|action)="([^"]*evil[^"]*)"')


async def _follow(http: httpx.AsyncClient, code: str, payload: str) -> dict[str, httpx.Response]:
    """A link with another page in it, and the answer to its question."""
    sent = _sent(payload)
    form = {**VISITOR, "content-type": "application/x-www-form-urlencoded"}
    answered = f"link={code}&answer=yes&next={sent}"
    return {
        "beside a code": await http.get(f"/pricing?ref={code}&next={sent}", headers=VISITOR),
        "as the code": await http.get(f"/pricing?ref={sent}", headers=VISITOR),
        "behind the code": await http.get(f"/pricing?ref={code}{sent}", headers=VISITOR),
        "before the sign-up": await http.get(f"/sign-up?ref={code}&next={sent}", headers=VISITOR),
        "on the way over the sign-in": await http.get(
            f"/library?ref={code}&next={sent}", headers=VISITOR
        ),
        "at the sign-in": await http.get(f"/sign-in?ref={code}&next={sent}", headers=VISITOR),
        "a wrong password": await http.post(
            "/sign-in", content=f"next={sent}&referral_code={code}", headers=form
        ),
        "as the code of a form": await http.post(
            "/sign-in", content=f"referral_code={sent}", headers=form
        ),
        "the question": await http.post("/affiliates/consent", content=answered, headers=form),
    }


async def test_a_link_leads_to_ourselves_or_nowhere(
    client: httpx.AsyncClient, services: Services
) -> None:
    affiliate = await make_affiliate(await make_person("theo"))
    base = services.settings.public_url
    away, odd, planted = {}, {}, {}

    for name, payload in {**AWAY, **OURS}.items():
        for place, answer in (await _follow(client, affiliate.code, payload)).items():
            location = answer.headers.get("location", "")
            if _ends_up(location, base) != base:
                away[f"{name}, {place}"] = location
            links = [each for each in _HREF.findall(answer.text) if _leaves(each, base)]
            if links:
                away[f"{name}, {place}, in the page"] = links[0]
            if answer.status_code >= 500:
                odd[f"{name}, {place}"] = answer.status_code
            if "planted" in answer.headers.get("set-cookie", ""):
                planted[name] = place

    assert len(AWAY) >= 40
    assert (away, odd, planted) == ({}, {}, {})


def _leaves(link: str, base: str) -> bool:
    return _ends_up(unquote(link), base) != base and _ends_up(link, base) != base
