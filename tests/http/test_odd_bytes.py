"""Headers, URLs and bodies that no correct client sends are refused, and cause no failure."""

import time
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.http.raw import RawHeaders, raw
from tests.http.signed import SNAPSHOT, THIN, sign, snapshot_body
from tests.people import make_person
from tests.rows import count

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
QUERY = b'{"query": "{ viewer { email } tiers { code } }"}'

REQUESTS: dict[str, tuple[str, str, bytes, bytes]] = {
    "a page": ("GET", "/agents", b"", b""),
    "nothing": ("GET", "/nothing", b"", b""),
    "a form": ("POST", "/language", b"locale=en", FORM),
    "the API": ("POST", "/graphql", QUERY, JSON),
    "the way to the explorer": ("GET", "/graphql", b"", b""),
    "the explorer": ("GET", "/graphql/explorer", b"", b""),
    "a snapshot": ("POST", SNAPSHOT, b"{}", JSON),
    "a thin event": ("POST", THIN, b"{}", JSON),
    "a file": ("GET", "/static/site.css", b"", b""),
}
HEADERS = [
    "accept", "accept-charset", "accept-encoding", "accept-language", "authorization",
    "cache-control", "chenu-account", "content-encoding", "content-length", "content-type",
    "cookie", "expect", "forwarded", "hx-boosted", "hx-current-url", "hx-request",
    "hx-request-type", "hx-target", "hx-trigger", "if-match", "if-modified-since",
    "if-none-match", "last-event-id", "origin", "range", "referer", "sec-fetch-site",
    "stripe-account", "stripe-signature", "traceparent", "tracestate", "transfer-encoding",
    "user-agent", "x-csrf-token", "x-forwarded-for", "x-forwarded-proto", "x-request-id",
]  # fmt: skip
VALUES = {
    "empty": b"",
    "Latin-1": b"\xe9",
    "no text at all": b"\xff\xfe\x00\x80",
    "long": b"a" * 100_000,
    "a long list": b"a;q=0.1," * 10_000,
    "a number": b"9" * 5_000,
    "signs": b"\"'(),/:;<=>?@[\\]{}",
    "of its kind, and more": b"Bearer \xe9; charset=bogus!; boundary=\xff; q=\xb2; v1=\xe9,t=\xb2",
}


async def ask(
    client: httpx.AsyncClient, request: tuple[str, str, bytes, bytes], headers: RawHeaders
) -> httpx.Response:
    """Sent as written: the client would refuse most of this."""
    method, path, body, content_type = request
    names = {name for name, _ in headers}
    own = {b"host": b"127.0.0.1:8000", b"content-type": content_type} if body else {}
    sent = [(name, value) for name, value in own.items() if name not in names]
    return await client.request(method, path, content=body, headers=[*sent, *headers])


@pytest.mark.parametrize("header", HEADERS)
async def test_no_header_is_a_failure(
    client: httpx.AsyncClient, services: Services, header: str
) -> None:
    failed = [
        (what, name, answer.status_code)
        for what, request in REQUESTS.items()
        for name, value in VALUES.items()
        for answer in [await ask(client, request, raw({header: value}))]
        if answer.status_code >= 500
    ]

    assert failed == []


@pytest.mark.parametrize("header", ["authorization", "chenu-account", "x-csrf-token", "user-agent"])
async def test_no_header_beside_a_session_is_a_failure(
    client: httpx.AsyncClient, services: Services, header: str
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    cookie = f"chenu_session={person.token}"
    failed = []

    for what, request in REQUESTS.items():
        for name, value in VALUES.items():
            answer = await ask(client, request, raw({header: value, "cookie": cookie}))
            failed += [(what, name)] if answer.status_code >= 500 else []

    assert failed == []


@pytest.mark.parametrize("name", VALUES)
async def test_a_host_that_is_none_is_refused(client: httpx.AsyncClient, name: str) -> None:
    for method, path in (("GET", "/agents"), ("POST", "/graphql"), ("GET", "/static/site.css")):
        answer = await client.request(method, path, headers=raw({"host": VALUES[name]}))
        assert answer.status_code < 500


@pytest.mark.parametrize("name", VALUES)
async def test_what_a_browser_calls_itself_is_stored_as_text(
    client: httpx.AsyncClient, services: Services, name: str
) -> None:
    """Signing in stores it."""
    headers = raw({"user-agent": VALUES[name], "x-forwarded-for": VALUES[name]})

    answer = await ask(client, ("POST", "/sign-up", SIGN_UP, FORM), headers)

    assert (answer.status_code, await count("user_session")) == (303, 1)


SIGN_UP = (
    b"email=new%40example.org&display_name=Nina+Noir&password=correct-horse-battery-staple-9"
    b"&accept_terms=on"
)

MARKS = {
    "Latin-1": b"v1=\xe9",
    "UTF-8": "v1=é".encode(),
    "bytes": b"v1=\xff\xfe",
    "full width": "v1=ａ".encode(),
    "in another name": b"\xe9=1,v1=abc",
    "in another scheme": b"v0=\xe9,v1=abc",
    "empty": b"v1=",
    "no value": b"v1",
    "long": b"v1=" + b"a" * 100_000,
    "very many": b"v1=a," * 20_000,
    "NUL": b"v1=\x00",
}


@pytest.mark.parametrize("path", [SNAPSHOT, THIN])
@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
async def test_a_signature_of_other_letters_is_refused(
    client: httpx.AsyncClient, services: Services, path: str, mark: bytes
) -> None:
    headers = raw({"stripe-signature": f"t={int(time.time())},".encode() + mark})

    answer = await client.post(path, content=snapshot_body(), headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BAD_INPUT"
    assert await count("stripe_event") == 0


TIMES = [b"", b"-1", b"1e9", b"\xb2", "١٧".encode(), b"9" * 5_000, b"nan", b"0x1", b"1.5", b"\x00"]


@pytest.mark.parametrize("moment", TIMES, ids=lambda moment: repr(moment[:12]))
async def test_a_signature_of_no_time_is_refused(
    client: httpx.AsyncClient, services: Services, moment: bytes
) -> None:
    good = sign(snapshot_body(), "whsec_snapshot_of_the_tests").partition(",")[2].encode()
    headers = raw({"stripe-signature": b"t=" + moment + b"," + good})

    answer = await client.post(SNAPSHOT, content=snapshot_body(), headers=headers)

    assert answer.status_code == 400


QUERIES = [
    b"q=%ff", b"q=%00", b"q=%", b"%=1", b"q=%zz", b"q=%c3%28", b"q=%ed%a0%80", b"q=%f0%9f",
    b"%ff=1", b"q=\xff", b"q=\xc3\xa9", b"=", b"&&&", b"?", b"q", b"q=" + b"a" * 100_000,
    b"q=" + b"%ff" * 30_000, b"&".join(b"f%d=1" % n for n in range(5_000)), b"after=%ff",
    b"after=\xe9", b"min=%ff", b"v=%ff", b"notice=%ff", b"next=%ff", b"token=%ff", b"seen=%00",
    b"page=%00", b"sphere=%00&sphere=%ff", b"q=%u0041", b"q=+%20+",
]  # fmt: skip
READ = ["/", "/agents", "/creators/x", "/sign-in", "/email/verify", "/password/reset", "/library",
        "/static/site.css", "/graphql", "/healthz", "/nothing", "/robots.txt"]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: repr(query[:16]))
async def test_no_query_is_a_failure(app: Any, services: Services, query: bytes) -> None:
    person = await make_person("zoe", TierCode.PRO)
    cookie = (b"cookie", f"chenu_session={person.token}".encode())

    for path in READ:
        for headers in ([], [cookie]):
            assert await status_of(app, path.encode(), query, headers) < 500, path


PATHS = [
    b"/%ff", b"/agents/%ff", b"/agents/%00", b"/agents/%", b"/agents/%c3%28", b"/agents/%ed%a0%80",
    b"/creators/%ff", b"/icons/%ff.svg", b"/icons/%00.svg", b"/static/%ff", b"/static/%00",
    b"/purchases/%ff", b"/graphql/%ff", b"/agents/" + b"a" * 100_000, b"/" * 10_000, b"/agents//",
    b"//agents", b"/agents/..%2f..", b"/\xff", b"/agents/\xc3\xa9", b"*", b"", b"agents",
    b"http://evil.example/agents", b"/agents/%u0041", b"/agents/a%0d%0ab",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: repr(path[:24]))
async def test_no_path_is_a_failure(app: Any, services: Services, path: bytes) -> None:
    person = await make_person("zoe", TierCode.PRO)
    cookie = (b"cookie", f"chenu_session={person.token}".encode())

    for headers in ([], [cookie]):
        for errors in ("replace", "surrogateescape"):
            assert await status_of(app, path, b"", headers, errors) < 500


async def status_of(
    app: Any, path: bytes, query: bytes, headers: RawHeaders, errors: str = "replace"
) -> int:
    """As a server that passes everything on unchecked."""
    status: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        status.extend([message["status"]] if message["type"] == "http.response.start" else [])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path.decode("latin-1"), errors=errors),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), *headers],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50_000),
    }
    await app(scope, receive, send)
    return status[0]


BODIES: dict[str, tuple[bytes, bytes]] = {
    "bytes in a form": (FORM, b"email=\xff&password=\xfe"),
    "half a letter": (FORM, b"email=%ff&password=%c3"),
    "NUL in a form": (FORM, b"email=%00&password=%00"),
    "NUL in a name": (FORM, b"e%00mail=a"),
    "half a pair": (FORM, b"email=%ed%a0%80"),
    "too many fields": (FORM, b"&".join(b"f%d=" % n for n in range(2_000))),
    "a form in another alphabet": (FORM + b"; charset=utf-16", b"email=a"),
    "a form with an odd charset": (FORM + b"; charset=bogus!", b"email=a%40b.org"),
    "almost a form": (FORM + b"ed", b"email=a%40b.org"),
    "parts without a boundary": (b"multipart/form-data", b"--x\r\n"),
    "parts that never end": (b"multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: f"),
    "parts of bytes": (b"multipart/form-data; boundary=\xff", b"--\xff\r\n\r\n\xff"),
    "a boundary of nothing": (b"multipart/form-data; boundary=", b"----"),
    "JSON of bytes": (JSON, b"\xff\xfe"),
    "JSON in another alphabet": (JSON, '{"query":"{ tiers { code } }"}'.encode("utf-16")),
    "JSON with an odd charset": (JSON + b"; charset=bogus!", QUERY),
    "JSON with half a pair": (JSON, b'{"query":"{ tiers { code } }\\ud800"}'),
    "JSON with NUL": (JSON, b'{"query":"{ tiers { code } }\\u0000"}'),
    "a type of bytes": (b"\xff/\xfe", b"x"),
    "MessagePack": (b"application/x-msgpack", b"\xc1"),
}
WRITTEN = ["/sign-in", "/sign-up", "/account/profile", "/language", "/password/forgot", "/sign-out",
           "/creator/agents/preview", "/graphql", SNAPSHOT, THIN, "/agents"]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body"), BODIES.values(), ids=BODIES.keys())
async def test_no_body_is_a_failure(
    client: httpx.AsyncClient, services: Services, content_type: bytes, body: bytes
) -> None:
    person = await make_person("zoe", TierCode.PRO)

    for path in WRITTEN:
        for cookie in ("", f"chenu_session={person.token}"):
            headers = raw({"content-type": content_type, "cookie": cookie})
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code < 500, path


@pytest.mark.parametrize(
    "content_type",
    [
        FORM,
        FORM + b"; charset=bogus!",
        FORM.upper(),
        b" " + FORM + b" ;charset=utf-8",
    ],
)
async def test_a_form_is_one_whatever_its_parameters_say(
    client: httpx.AsyncClient, services: Services, content_type: bytes
) -> None:
    headers = raw({"content-type": content_type})

    answer = await client.post("/sign-up", content=SIGN_UP, headers=headers)

    assert answer.status_code == 303
