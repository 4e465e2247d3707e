"""Settings are read once: a wrong one is one line that names its variable and what is allowed."""

import random
import string
from typing import Any

import pytest

from chenu.company import Company
from chenu.core.spans import TraceSettings
from chenu.core.staleness import ReadKind
from chenu.settings import Mode, SettingError, StripeMode, read_settings

SECRET = "u7Qm2vXk9Rt4Wp8Zs1Ly6Nb3Hd5Jc0Ga"
TEST = {
    "CHENU_MODE": "test",
    "DATABASE_URL": "postgresql://me@db/chenu",
    "REDIS_URL": "redis://cache:6379/0",
    "CHENU_PUBLIC_URL": "http://127.0.0.1:8000",
    "CHENU_SECRET": SECRET,
    "STRIPE_MODE": "sandbox",
    "STRIPE_KEY": "sk_test_1",
    "STRIPE_API_BASE": "http://127.0.0.1:8421",
}
LIVE = {
    "DATABASE_URL": "postgresql://me@db/chenu",
    "REDIS_URL": "rediss://cache/0",
    "CHENU_PUBLIC_URL": "https://chenu.example",
    "CHENU_SECRET": SECRET,
    "STRIPE_MODE": "live",
    "STRIPE_KEY": "sk_live_1",
    "SMTP_URL": "smtps://user:word@mail.example:465",
}
REQUIRED = [
    "DATABASE_URL",
    "REDIS_URL",
    "CHENU_PUBLIC_URL",
    "CHENU_SECRET",
    "STRIPE_MODE",
    "STRIPE_KEY",
]


def refusal(env: dict[str, str]) -> str:
    with pytest.raises(SettingError) as raised:
        read_settings(env)
    return str(raised.value)


def test_kinds_of_reads_that_are_not_named_have_their_defaults() -> None:
    settings = read_settings({**TEST, "CHENU_REPLICA_SECONDS": "api=0, figures=45"})

    assert settings.replica_bounds == {
        ReadKind.API: 0,
        ReadKind.PAGES: 10,
        ReadKind.FIGURES: 45,
        ReadKind.EXPORTS: 60,
    }


def test_production_is_what_nobody_asked_for() -> None:
    settings = read_settings(LIVE)

    assert (settings.mode, settings.is_movable, settings.verifies_at_once) == (
        Mode.PRODUCTION,
        False,
        False,
    )
    assert (settings.stripe.mode, settings.stripe.api_base) == (StripeMode.LIVE, None)
    assert (settings.is_https, settings.log_level) == (True, "INFO")
    assert settings.traces is None


def test_everything_that_can_be_set_is_read() -> None:
    settings = read_settings(
        {
            **TEST,
            "CHENU_MODE": "demo",
            "CHENU_PUBLIC_URL": "http://127.0.0.1:8000/",
            "STRIPE_WEBHOOK_SECRETS": "whsec_1, whsec_2,",
            "STRIPE_THIN_SECRETS": "whsec_3",
            "STRIPE_AUTOMATIC_TAX": "on",
            "CHENU_MAIL_FOLDER": "mails",
            "MAIL_FROM": "Us <us@chenu.example>",
            "CHENU_RETURN_ORIGINS": "https://app.example,http://localhost:3000",
            "CHENU_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
            "CHENU_COMPANY_NAME": "Nous SARL",
            "CHENU_COMPANY_ADDRESS": "1 rue; 69001 Lyon",
            "CHENU_COMPANY_COUNTRY": "be",
            "CHENU_COMPANY_VAT_NUMBER": "BE0428759497",
            "CHENU_COMPANY_VAT_RATE": "21",
            "LOG_LEVEL": "debug",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318/",
            "OTEL_SERVICE_NAME": "shop",
        }
    )

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.secret == SECRET.encode()
    assert settings.stripe.webhook_secrets == ("whsec_1", "whsec_2")
    assert settings.stripe.thin_secrets == ("whsec_3",)
    assert settings.stripe.automatic_tax
    assert (settings.smtp_url, settings.mail_folder) == (None, "mails")
    assert settings.mail_from == "Us <us@chenu.example>"
    assert settings.return_origins == ("https://app.example", "http://localhost:3000")
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.company == Company(
        "Nous SARL", ("1 rue", "69001 Lyon"), "BE", "BE0428759497", 2100
    )
    assert settings.log_level == "DEBUG"
    assert settings.traces == TraceSettings("https://collector:4318/v1/traces", "shop")
    assert (settings.is_movable, settings.verifies_at_once, settings.is_https) == (
        True,
        True,
        False,
    )


def test_proxies_are_addresses_and_networks() -> None:
    env = {**TEST, "CHENU_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8, 127.0.0.1, FD00::0:1"}

    proxies = read_settings(env).trusted_proxies

    assert proxies == ("10.0.0.0/8", "fd00::/8", "127.0.0.1", "fd00::1")


def test_traces_may_have_an_address_that_is_theirs_alone() -> None:
    env = {**TEST, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces/here"}

    assert read_settings(env).traces == TraceSettings("http://traces/here", "")


def test_a_cluster_is_named_by_its_nodes() -> None:
    nodes = {"REDIS_CLUSTER_NODES": "10.0.0.1:6379, [fd00::2]:6380", "CHENU_WEB_PROCESSES": "4"}
    settings = read_settings({**TEST, **nodes})

    assert settings.redis_cluster == ("10.0.0.1:6379", "[fd00::2]:6380")
    assert settings.web_processes == 4
    assert read_settings(TEST).redis_cluster == ()


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_what_is_needed_and_not_set_is_named(name: str, value: str | None) -> None:
    env = {key: raw for key, raw in TEST.items() if key != name}

    assert refusal(env if value is None else {**env, name: value}) == f"{name} is not set"


GUESSABLE = [
    "s" * 32,
    "0" * 64,
    " " * 40,
    "ab" * 20,
    "abc123" * 8,
    "abcdefghijklmnopqrstuvwxyz012345",
    "9876543210zyxwvutsrqponmlkjihgfedcba",
    "changemechangemechangemechangeme",
    "please-change-this-secret-before-production",
    "Password123!Password123!Password1!",
    "S3CR3T-k3y-f0r-ch3nu-pr0duct10n-2026",
    "supersecretpasswordforyourexampletest",
]
NO_ORIGINS = [
    "https://chenu.example/app",
    "https://chenu.example/?shop=1",
    "https://chenu.example?",
    "https://chenu.example#top",
    "https://me@chenu.example",
    "https://me:word@chenu.example/",
    "https://:8000",
]

WRONG = [
    ("CHENU_HEAD_SECONDS", "soon", "0.1 to 86400"),
    ("CHENU_BODY_SECONDS", "0", "0.1 to 86400"),
    ("CHENU_LIVE_SECONDS", "nan", "0.1 to 86400"),
    ("CHENU_LIVE_CHECK_SECONDS", "-1", "0.1 to 86400"),
    ("CHENU_LIVE_PER_CALLER", "0", "1 to 100000"),
    ("CHENU_LIVE_PER_CALLER", "1.5", "1 to 100000"),
    ("CHENU_LIVE_PER_ADDRESS", "9" * 5_000, "1 to 100000"),
    ("CHENU_LEAK_REPORTERS", "github", "identifier:key"),
    ("CHENU_LEAK_REPORTERS", "github:AAAA", "P-256"),
    ("CHENU_WEB_PROCESSES", "0", "1 to 1000"),
    ("CHENU_SAMPLE_SECONDS", "7", "divides 60"),
    ("CHENU_SAMPLE_SECONDS", "0", "divides 60"),
    ("CHENU_WEB_ADDRESS", "10.0.0.1:8000", "http://"),
    ("CHENU_WEB_PROCESSES", "two", "1 to 1000"),
    ("REDIS_CLUSTER_NODES", "10.0.0.1", "10.0.0.1:6379"),
    ("REDIS_CLUSTER_NODES", "redis://10.0.0.1:6379", "10.0.0.1:6379"),
    ("REDIS_CLUSTER_NODES", "10.0.0.1:6379,10.0.0.2:", "10.0.0.1:6379"),
    ("CHENU_MODE", "prod", "production, demo, test"),
    ("DATABASE_URL", "mysql://db/chenu", "postgresql://"),
    ("DATABASE_URL", "/var/lib/db", "postgresql://"),
    ("DATABASE_URL", "postgresql://db:port/chenu", "port"),
    ("REDIS_URL", "http://cache", "redis://"),
    ("CHENU_REPLICA_SECONDS", "api=2", "api at most 1"),
    ("CHENU_REPLICA_SECONDS", "lists=5", "api, pages, figures, exports"),
    ("CHENU_REPLICA_SECONDS", "pages=nan", "0.5 to 600"),
    ("REDIS_URL", "redis://cache:6379999/0", "port"),
    ("CHENU_PUBLIC_URL", "chenu.example", "http://"),
    ("CHENU_PUBLIC_URL", "ftp://chenu.example", "http://"),
    ("CHENU_PUBLIC_URL", "https://", "http://"),
    ("CHENU_PUBLIC_URL", "https://[chenu", "IPv6"),
    ("CHENU_SECRET", "short", "32 characters"),
    *(("CHENU_SECRET", secret, "nobody can guess") for secret in GUESSABLE),
    *(("CHENU_PUBLIC_URL", url, "without path, query or login") for url in NO_ORIGINS),
    *(("CHENU_RETURN_ORIGINS", url, "origins") for url in NO_ORIGINS),
    ("STRIPE_MODE", "real", "sandbox, test, live"),
    ("STRIPE_AUTOMATIC_TAX", "yes", "on or off"),
    ("STRIPE_KEY", "pk_test_1", "secret key"),
    ("STRIPE_API_BASE", "127.0.0.1:8421", "http://"),
    ("SMTP_URL", "mail.example:587", "smtp://"),
    ("SMTP_URL", "smtp://mail.example:mail", "port"),
    ("MAIL_FROM", "nobody", "address"),
    ("CHENU_COMPANY_NAME", "x" * 201, "one line"),
    ("CHENU_COMPANY_COUNTRY", "France", "such as FR"),
    ("CHENU_COMPANY_VAT_NUMBER", "40 303", "such as FR40303265045"),
    ("CHENU_COMPANY_VAT_RATE", "5.5", "whole percentage"),
    ("MAIL_FROM", "Us <us@chenu.example>\r\nBcc: all@chenu.example", "address"),
    ("MAIL_FROM", "Us <équipe@chenu.example>", "address"),
    ("MAIL_FROM", "Us <us@☃.example>", "address"),
    ("CHENU_RETURN_ORIGINS", "https://app.example/path", "origins"),
    ("CHENU_RETURN_ORIGINS", "app.example", "http://"),
    ("CHENU_TRUSTED_PROXIES", "10.0.0.1,proxy.local", "proxy.local"),
    ("CHENU_TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
    ("CHENU_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
    ("CHENU_TRUSTED_PROXIES", "[fd00::1]", "fd00::/8"),
    ("CHENU_TRUSTED_PROXIES", "10.0.0.1\n10.0.0.2", "10.0.0.0/8"),
    ("CHENU_TRUSTED_PROXIES", "0.0.0.0/0", "not everybody"),
    ("CHENU_TRUSTED_PROXIES", "::/0", "not everybody"),
    ("CHENU_TRUSTED_PROXIES", "::ffff:10.0.0.0/104", "IPv4"),
    ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "http://"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "grpc://collector", "http://"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG)
def test_a_wrong_value_is_one_line_that_says_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    line = refusal({**TEST, name: value})

    assert line.startswith(f"{name}: ")
    assert allowed in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["CHENU_SECRET", "STRIPE_KEY", "SMTP_URL", "DATABASE_URL"])
def test_a_line_never_repeats_a_secret(name: str) -> None:
    assert "hunter2" not in refusal({**TEST, name: "x://me:hunter2@"})


TOGETHER: list[tuple[dict[str, Any], dict[str, str], str]] = [
    (TEST, {"STRIPE_KEY": "sk_live_1"}, "STRIPE_API_BASE"),
    (TEST, {"STRIPE_KEY": "rk_live_1"}, "STRIPE_API_BASE"),
    (LIVE, {"STRIPE_API_BASE": "https://api.evil.example"}, "STRIPE_API_BASE"),
    (LIVE, {"STRIPE_KEY": "sk_test_1"}, "STRIPE_KEY"),
    (TEST, {"STRIPE_MODE": "live"}, "STRIPE_KEY"),
    (TEST, {"STRIPE_MODE": "test"}, "STRIPE_API_BASE"),
    (TEST, {"STRIPE_API_BASE": ""}, "STRIPE_API_BASE"),
    (LIVE, {"STRIPE_MODE": "test", "STRIPE_KEY": "sk_test_1"}, "STRIPE_MODE"),
    (LIVE, {"CHENU_PUBLIC_URL": "http://chenu.example"}, "CHENU_PUBLIC_URL"),
    (LIVE, {"SMTP_URL": ""}, "SMTP_URL"),
    (LIVE, {"CHENU_MODE": "demo"}, "STRIPE_MODE"),
    (LIVE, {"CHENU_MODE": "test"}, "STRIPE_MODE"),
    (LIVE, {"CHENU_MODE": "demo", "STRIPE_KEY": "rk_live_1"}, "STRIPE_MODE"),
    (LIVE, {"CHENU_MAIL_FOLDER": "mails"}, "CHENU_MAIL_FOLDER"),
    (LIVE, {"CHENU_WEBHOOK_LOOPBACK": "on"}, "CHENU_WEBHOOK_LOOPBACK"),
    (LIVE, {"CHENU_RETURN_ORIGINS": "http://app.example"}, "CHENU_RETURN_ORIGINS"),
    (
        TEST,
        {"STRIPE_MODE": "test", "STRIPE_KEY": "sk_test_chenu_sandbox", "STRIPE_API_BASE": ""},
        "STRIPE_KEY",
    ),
    (TEST, {"CHENU_MODE": "production"}, "STRIPE_MODE"),
]


@pytest.mark.parametrize(("env", "changes", "name"), TOGETHER)
def test_what_must_not_be_combined_is_refused(
    env: dict[str, str], changes: dict[str, str], name: str
) -> None:
    line = refusal({**env, **changes})

    assert line.startswith(name)
    assert "\n" not in line
    assert "sk_live_1" not in line


@pytest.mark.parametrize(
    "secret",
    [
        "a secret of the tests, long enough to be one",
        "9f86d081884c7d659a2feaa0c55ad015",
        "correct horse battery staple tomato lamp",
        "Xk2-vR9_qLw7TzP4mNc8sYd1HbJ6gFa0eUi3oKtQ",
    ],
)
def test_what_nobody_can_guess_is_taken(secret: str) -> None:
    assert read_settings({**TEST, "CHENU_SECRET": secret}).secret == secret.encode()


@pytest.mark.parametrize("seed", range(200))
def test_random_secrets_are_taken(seed: int) -> None:
    drawn = random.Random(seed)
    for alphabet in (string.hexdigits[:16], string.ascii_letters + string.digits + "-_"):
        secret = "".join(drawn.choice(alphabet) for _ in range(32))

        assert read_settings({**TEST, "CHENU_SECRET": secret}).secret == secret.encode()


@pytest.mark.parametrize(
    ("raw", "origin"),
    [
        ("https://Chenu.Example/", "https://chenu.example"),
        ("HTTPS://chenu.example:443", "https://chenu.example"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_the_public_address_is_written_as_browsers_write_origins(raw: str, origin: str) -> None:
    settings = read_settings({**TEST, "CHENU_PUBLIC_URL": raw, "CHENU_RETURN_ORIGINS": raw})

    assert settings.public_url == origin
    assert settings.return_origins == (origin,)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("CHE·NU <us@müller.example>", "CHE·NU <us@xn--mller-kva.example>"),
        ("us@пример.рф", "us@xn--e1afmkfd.xn--p1ai"),
        ("Us <us@xn--mller-kva.example>", "Us <us@xn--mller-kva.example>"),
        ("Us <root@localhost>", "Us <root@localhost>"),
    ],
)
def test_the_sender_is_written_as_mail_servers_take_it(raw: str, stored: str) -> None:
    assert read_settings({**TEST, "MAIL_FROM": raw}).mail_from == stored


def test_limits_of_connections_are_read() -> None:
    env = {**TEST, "CHENU_LIVE_PER_CALLER": "3", "CHENU_BODY_SECONDS": "0.5"}

    limits = read_settings(env).limits

    assert (limits.live_per_caller, limits.body_seconds, limits.head_seconds) == (3, 0.5, 10)
