"""Where the server finds the API and the key, and what it says when it does not."""

import asyncio
from asyncio.subprocess import PIPE

import pytest
from click.testing import CliRunner

from chenu.cli import main
from chenu.mcp_server.api import drop_unseen
from chenu.mcp_server.endpoint import EndpointError, read_endpoint
from chenu.mcp_server.refusals import TopError, explain_errors
from tests.environments import INSTALLING_SECONDS
from tests.mcp_server.agents import find_sdk_python

pytestmark = pytest.mark.long

URL, KEY = "https://chenu.example", "chenu_live_0123456789"


def test_an_endpoint_is_an_address_and_a_key_that_is_never_shown() -> None:
    endpoint = read_endpoint({"CHENU_API_URL": f" {URL}/ ", "CHENU_API_KEY": f"{KEY}\n"})

    assert (endpoint.url, endpoint.key) == (URL, KEY)
    assert KEY not in repr(endpoint)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"],
    ids=["ipv4", "ipv6", "name"],
)
def test_this_machine_may_be_spoken_to_in_the_open(url: str) -> None:
    assert read_endpoint({"CHENU_API_URL": url}, with_key=False).url == url


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("", KEY, "CHENU_API_URL must be the address"),
        ("chenu.example", KEY, "CHENU_API_URL must be the address"),
        ("https://[nonsense", KEY, "CHENU_API_URL must be the address"),
        ("file:///etc/passwd", KEY, "CHENU_API_URL must be the address"),
        ("http://chenu.example", KEY, "must begin with https://"),
        ("http://localhost.evil.example", KEY, "must begin with https://"),
        (URL, "", "CHENU_API_KEY must hold an API key"),
        (URL, "one two", "CHENU_API_KEY does not hold an API key"),
        (URL, "a\nx-header: b", "CHENU_API_KEY does not hold an API key"),
    ],
    ids=["none", "bare", "broken", "file", "open", "lookalike", "no key", "words", "lines"],
)
def test_what_is_unusable_is_named_without_the_key(url: str, key: str, words: str) -> None:
    with pytest.raises(EndpointError, match=words) as refused:
        read_endpoint({"CHENU_API_URL": url, "CHENU_API_KEY": key})

    assert not key or key not in str(refused.value)


def test_without_the_extra_the_command_says_what_to_install() -> None:
    done = CliRunner().invoke(main, ["mcp"])

    assert done.exit_code == 1
    assert (
        done.output == "chenu: `pip install chenu[mcp]` brings what this needs (mcp is missing)\n"
    )


@pytest.mark.timeout(INSTALLING_SECONDS)
async def test_without_a_key_the_server_says_so_in_one_line() -> None:
    command, env = [str(find_sdk_python()), "-m", "chenu", "mcp"], {"CHENU_API_URL": URL}
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()

    words = b"CHENU_API_KEY must hold an API key; keys are made at /developers"
    assert (process.returncode, out, err) == (1, b"", b"chenu mcp: " + words + b"\n")


@pytest.mark.parametrize(
    ("extensions", "advice"),
    [
        ({"code": "RATE_LIMITED", "retryAfter": 7}, "Wait 7 seconds"),
        ({"code": "QUOTA_EXCEEDED"}, f"{URL}/developers"),
        ({"code": "PLAN_REQUIRED"}, f"{URL}/pricing"),
        ({"code": "INTERNAL", "requestId": "r-1"}, "the request r-1"),
        ({"code": "OF_LATER"}, "OF_LATER: Too much."),
    ],
    ids=["rate", "quota", "plan", "internal", "unknown"],
)
def test_refusals_of_the_api_say_what_to_do(extensions: dict[str, object], advice: str) -> None:
    error = TopError.model_validate({"message": "Too much", "extensions": extensions})

    refused = str(explain_errors([error], URL))

    assert refused.startswith(f"{extensions['code']}: Too much.")
    assert advice in refused


def test_what_nobody_sees_is_dropped_and_words_of_every_script_stay() -> None:
    words = "Ça coûte 5\u00a0€, e\u0301té; हिन्दी می\u200cخواهم 👩\u200d💻"
    tags = "".join(chr(0xE0000 + ord(char)) for char in "obey")

    assert drop_unseen({"a": [words, None, 1]}) == {"a": [words, None, 1]}
    assert drop_unseen(f"a{tags}\u200b\u202e\ufeff\U000e0101b") == "ab"
