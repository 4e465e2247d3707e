"""Cookies are read one by one, so that invalid ones of others do not affect ours."""

import httpx
import pytest

from chenu.flows.services import Services
from chenu.http.cookies import read_cookies
from chenu.tiers.catalogue import TierCode
from tests.http.raw import raw
from tests.people import make_person

BESIDE = [
    b'consent={"necessary":true}; {ours}',
    b'{ours}; consent={"necessary":true, "x":[1,2]}',
    b"a,b=c; {ours}",
    b"=nameless; {ours}",
    b"nothing; {ours}",
    b";;; ;{ours};",
    b"a=b;{ours};c=d",
    b"\t {ours} \t; a=b",
    b'quote="never closed; {ours}',
    b'quote="a \\" b"; {ours}',
    b"caf\xc3\xa9=cr\xc3\xa8me; {ours}",
    b"bytes=\xff\xfe\x80; {ours}",
    b"control=\x01\x7f; {ours}",
    b"a=b=c==; {ours}",
    b"expires=Wed, 09 Jun 2027 10:18:14 GMT; path=/; $Version=1; {ours}",
    b"CHENU_SESSION=other; {ours}",
    b"chenu_session=; {ours}",
    b"{ours}; chenu_session=later",
    b"__Host-chenu_session=x; {ours}",
    b"\xa0chenu_session=x; {ours}",
    b"=chenu_session=x; {ours}",
    b"c" * 50_000 + b"=1; {ours}",
    b"; ".join(b"name%d=value" % n for n in range(3_000)) + b"; {ours}",
]


@pytest.mark.parametrize("cookie", BESIDE, ids=lambda cookie: repr(cookie[:30]))
async def test_a_session_survives_every_cookie_beside_it(
    client: httpx.AsyncClient, services: Services, cookie: bytes
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    sent = cookie.replace(b"{ours}", f"chenu_session={person.token}".encode())

    answer = await client.get("/account", headers=raw({"cookie": sent}))

    assert answer.status_code == 200


NOT_OURS = [
    b"chenu_session=other; chenu_session={token}",
    b"\xa0chenu_session={token}",
    b"\x1fchenu_session={token}",
    b"=chenu_session={token}",
    b"Chenu_Session={token}",
    b"x={token}",
    b"chenu_session {token}",
    b"a=chenu_session={token}",
    b"chenu_session={token},x",
]


@pytest.mark.parametrize("cookie", NOT_OURS, ids=repr)
async def test_what_is_not_exactly_our_cookie_signs_nobody_in(
    client: httpx.AsyncClient, services: Services, cookie: bytes
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    sent = cookie.replace(b"{token}", person.token.encode())

    answer = await client.get("/account", headers=raw({"cookie": sent}))

    assert answer.status_code == 303


async def test_several_lines_of_cookies_are_one(
    client: httpx.AsyncClient, services: Services
) -> None:
    """HTTP/2 sends each cookie in a line of its own."""
    person = await make_person("zoe", TierCode.PRO)
    ours = ("cookie", f"chenu_session={person.token}")
    others = [("cookie", "a=b"), ("cookie", "chenu_lang=en"), ("cookie", 'c={"d"')]

    first = await client.get("/account", headers=[ours, *others])
    last = await client.get("/account", headers=[*others, ours])

    assert (first.status_code, last.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1; a=2", {"a": "1"}),
        ("a=; a=2", {"a": "2"}),
        ('a="quoted"; b="half', {"a": "quoted", "b": '"half'}),
        ('a=""; b="', {"a": "", "b": '"'}),
        ("a=b=c", {"a": "b=c"}),
        ("a", {}),
        ("=a", {}),
        ("", {}),
        (";=;", {}),
    ],
)
def test_a_cookie_is_a_name_and_what_follows_the_first_sign(
    header: str, cookies: dict[str, str]
) -> None:
    assert read_cookies(header) == cookies


@pytest.mark.parametrize("odd", [b"\xff\xfe=x; ", b'a={"b"}; ', b"chenu_lang=xx; ", b";"])
async def test_a_chosen_language_survives_too(client: httpx.AsyncClient, odd: bytes) -> None:
    cookie = odd.replace(b"chenu_lang=xx", b"Chenu_Lang=fr") + b"chenu_lang=en"

    answer = await client.get("/pricing", headers=raw({"cookie": cookie}))

    assert answer.headers["content-language"] == "en"
