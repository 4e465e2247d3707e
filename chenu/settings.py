"""Everything that can be configured, read once from the environment; a wrong value stops the boot.

docs/operations.md lists the variables. The demo writes the same variables for its own processes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from chenu.core.addresses import read_network

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

SANDBOX_KEY = "sk_test_chenu_sandbox"
_MAIL_FROM = "CHE·NU <no-reply@chenu.example>"


class SettingError(Exception):
    """One line that names the variable and what is allowed."""


class Mode(StrEnum):
    """Demo and test may move the business clock and verify addresses at once."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class StripeMode(StrEnum):
    SANDBOX = "sandbox"
    TEST = "test"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """`api_base` None is Stripe itself. Two secrets an endpoint allow rotation."""

    mode: StripeMode
    key: str
    api_base: str | None
    webhook_secrets: tuple[str, ...]
    thin_secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where spans go; an empty `service` is the process's own name."""

    url: str
    service: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`cache_seconds`: how long this process may go on telling anonymous callers the same.

    `trusted_proxies`: addresses and networks.
    """

    mode: Mode
    database_url: str
    redis_url: str
    public_url: str
    secret: bytes
    stripe: StripeSettings
    smtp_url: str | None
    mail_folder: str | None
    mail_from: str
    return_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    log_level: str
    cache_seconds: float = 0
    traces: TraceSettings | None = None

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def verifies_at_once(self) -> bool:
        """The demo's sign-ups need no mail."""
        return self.mode is Mode.DEMO

    @property
    def is_movable(self) -> bool:
        """May the business clock be moved here?"""
        return self.mode is not Mode.PRODUCTION


def read_settings(env: Mapping[str, str]) -> Settings:
    """Raises SettingError, naming the variable."""
    mode = _read(env, "CHENU_MODE", _one_of(Mode), default="production")
    settings = Settings(
        mode=mode,
        database_url=_read(env, "DATABASE_URL", _database_url),
        redis_url=_read(env, "REDIS_URL", _redis_url),
        public_url=_read(env, "CHENU_PUBLIC_URL", _http_url),
        secret=_read(env, "CHENU_SECRET", _secret),
        stripe=_read_stripe(env),
        smtp_url=_read(env, "SMTP_URL", _smtp_url, default="") or None,
        mail_folder=env.get("CHENU_MAIL_FOLDER") or None,
        mail_from=_read(env, "MAIL_FROM", _mailbox, default=_MAIL_FROM),
        return_origins=_read(env, "CHENU_RETURN_ORIGINS", _origins, default=""),
        trusted_proxies=_read(env, "CHENU_TRUSTED_PROXIES", _proxies, default=""),
        log_level=_read(env, "LOG_LEVEL", _log_level, default="INFO"),
        cache_seconds=_read(env, "CHENU_CACHE_SECONDS", _cache_seconds, default="1"),
        traces=_read_traces(env),
    )
    _check_together(settings)
    return settings


def _read(
    env: Mapping[str, str], name: str, parse: Callable[[str], T], *, default: str | None = None
) -> T:
    raw = env.get(name, default)
    if raw is None or (raw == "" and default is None):
        raise SettingError(f"{name} is not set")
    try:
        return parse(raw)
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None


def _read_stripe(env: Mapping[str, str]) -> StripeSettings:
    return StripeSettings(
        mode=_read(env, "STRIPE_MODE", _one_of(StripeMode)),
        key=_read(env, "STRIPE_KEY", _stripe_key),
        api_base=_read(env, "STRIPE_API_BASE", _optional_url, default="") or None,
        webhook_secrets=_words(env.get("STRIPE_WEBHOOK_SECRETS", "")),
        thin_secrets=_words(env.get("STRIPE_THIN_SECRETS", "")),
    )


def _read_traces(env: Mapping[str, str]) -> TraceSettings | None:
    """OpenTelemetry's own variables; the SDK reads its others itself. None: no traces."""
    _read(env, "OTEL_EXPORTER_OTLP_PROTOCOL", _otlp_protocol, default="")
    base = _read(env, "OTEL_EXPORTER_OTLP_ENDPOINT", _optional_url, default="")
    url = _read(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", _optional_url, default="")
    if not base and not url:
        return None
    return TraceSettings(url or f"{base}/v1/traces", env.get("OTEL_SERVICE_NAME", ""))


def _check_together(settings: Settings) -> None:
    """What must not be combined, however valid each value is."""
    stripe = settings.stripe
    is_live_key = stripe.key.startswith(("sk_live_", "rk_live_"))
    if is_live_key and stripe.api_base:
        raise SettingError("STRIPE_API_BASE: a live key never goes to an overridden address")
    if is_live_key != (stripe.mode is StripeMode.LIVE):
        raise SettingError("STRIPE_KEY: STRIPE_MODE=live takes a live key, and only live does")
    if (stripe.mode is StripeMode.SANDBOX) != bool(stripe.api_base):
        raise SettingError(
            "STRIPE_API_BASE: the sandbox needs its address, Stripe itself takes none"
        )
    if settings.mode is Mode.PRODUCTION:
        _check_production(settings)


def _check_production(settings: Settings) -> None:
    if settings.stripe.mode is not StripeMode.LIVE:
        raise SettingError("STRIPE_MODE: production takes live (CHENU_MODE=demo is for the others)")
    if not settings.is_https:
        raise SettingError("CHENU_PUBLIC_URL: production is served over https")
    if settings.smtp_url is None:
        raise SettingError("SMTP_URL is not set")


def _url(raw: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in schemes:
        raise ValueError(f"an address that starts with {' or '.join(s + '://' for s in schemes)}")
    _require_port(parts)
    return raw.rstrip("/")


def _require_port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        # urllib would repeat the text, which may be a password in the wrong place
        raise ValueError("an address whose port is a number up to 65535") from None


def _one_of(kind: type[E]) -> Callable[[str], E]:
    def parse(raw: str) -> E:
        try:
            return kind(raw)
        except ValueError:
            raise ValueError(f"one of {', '.join(kind)}") from None

    return parse


def _mailbox(raw: str) -> str:
    local, _, host = parseaddr(raw)[1].rpartition("@")
    if not raw.isprintable() or not local or not host:
        raise ValueError(f"an address such as {_MAIL_FROM}")
    return raw


def _proxies(raw: str) -> tuple[str, ...]:
    """Addresses and networks, as the peer of a connection has them: a name would never match."""
    return tuple(read_network(word) for word in _words(raw))


def _database_url(raw: str) -> str:
    return _url(raw, ("postgresql", "postgres"))


def _redis_url(raw: str) -> str:
    return _url(raw, ("redis", "rediss", "unix"))


def _smtp_url(raw: str) -> str:
    return _url(raw, ("smtp", "smtps")) if raw else ""


def _http_url(raw: str) -> str:
    if not urlsplit(raw).netloc:
        raise ValueError("an address that starts with http:// or https://")
    return _url(raw, ("http", "https"))


def _optional_url(raw: str) -> str:
    return _http_url(raw) if raw else ""


def _otlp_protocol(raw: str) -> str:
    if raw not in ("", "http/protobuf"):
        raise ValueError("http/protobuf, which is all that is spoken here")
    return raw


def _origins(raw: str) -> tuple[str, ...]:
    origins = _words(raw)
    for origin in origins:
        if _http_url(origin) != f"{urlsplit(origin).scheme}://{urlsplit(origin).netloc}":
            raise ValueError(f"origins such as https://app.example, not {origin}")
    return origins


def _stripe_key(raw: str) -> str:
    if not raw.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise ValueError("a secret key of Stripe (sk_test_..., sk_live_..., rk_...)")
    return raw


def _secret(raw: str) -> bytes:
    if len(raw) < 32:
        raise ValueError("at least 32 characters that nobody can guess")
    return raw.encode()


def _log_level(raw: str) -> str:
    allowed = ("DEBUG", "INFO", "WARNING", "ERROR")
    if raw.upper() not in allowed:
        raise ValueError(f"one of {', '.join(allowed)}")
    return raw.upper()


def _cache_seconds(raw: str) -> float:
    """The API promises that a change is seen by everybody within a second."""
    try:
        seconds = float(raw)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 1:
        raise ValueError("a number of seconds from 0 to 1")
    return seconds


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())
