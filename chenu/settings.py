"""Everything that can be configured, read once from the environment; a wrong value stops the boot.

docs/operations.md lists the variables. The demo writes the same variables for its own processes.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from chenu import setting_values as values
from chenu.company import MADE_UP, Company, read_company
from chenu.connection_limits import ConnectionLimits, read_connection_limits
from chenu.core.errors import SettingError as SettingError
from chenu.core.spans import TraceSettings
from chenu.core.staleness import DEFAULT_BOUNDS, Bounds
from chenu.leak_reporters import LeakReporter, read_leak_reporters
from chenu.media.places import DEFAULT_PLACE, Place, read_place

T = TypeVar("T")

SANDBOX_KEY = "sk_test_chenu_sandbox"


class Mode(StrEnum):
    """In demo and test the business clock can be moved and emails are verified at once."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class StripeMode(StrEnum):
    SANDBOX = "sandbox"
    TEST = "test"
    LIVE = "live"


class StripeSettings(msgspec.Struct, frozen=True):
    """`api_base` None is Stripe itself. Two secrets per endpoint allow rotation.

    `automatic_tax`: Stripe Tax computes the VAT in each price, from the customer's address.
    """

    mode: StripeMode
    key: str
    api_base: str | None
    webhook_secrets: tuple[str, ...]
    thin_secrets: tuple[str, ...]
    automatic_tax: bool = False


class Settings(msgspec.Struct, frozen=True):
    """`cache_seconds`: how long this process may reuse answers for anonymous callers.

    `replica_url`: a streaming copy of the database; `replica_bounds`: how old what is read of it
    may be. `direct_url`: the database itself, where `database_url` is of a pooler. `backup_key`
    encrypts backups.
    `redis_cluster`: nodes of a cluster, each host:port, of which `redis_url` names one.
    `trusted_proxies`: IP addresses and networks. `web_processes`: how many there are in all, of
    which each applies its share of the API's limits while Valkey is away. `calls_per_minute` is of
    each session and each anonymous address; `is_metering` False: nobody's calls are counted.
    `is_compiling` False: graphql-core interprets every query.
    `webhooks_may_loop`: webhooks may be sent to this machine itself, over http too.
    `sample_seconds`: how often the worker samples what works, the same in every process.
    `web_address`: where the worker reaches this web process; None: where it listens.
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
    web_processes: int = 1
    redis_cluster: tuple[str, ...] = ()
    calls_per_minute: int = 120
    is_metering: bool = True
    is_compiling: bool = True
    traces: TraceSettings | None = None
    limits: ConnectionLimits = msgspec.field(default_factory=ConnectionLimits)
    media: Place = msgspec.field(default_factory=lambda: read_place(DEFAULT_PLACE))
    company: Company = msgspec.field(default_factory=Company)
    leak_reporters: tuple[LeakReporter, ...] = ()
    replica_url: str | None = None
    replica_bounds: Bounds = msgspec.field(default_factory=lambda: DEFAULT_BOUNDS)
    direct_url: str | None = None
    backup_key: bytes | None = None
    webhooks_may_loop: bool = False
    sample_seconds: int = 15
    web_address: str | None = None

    def __repr__(self) -> str:
        """Without keys and passwords: it may stand in a log."""
        return f"Settings({self.mode}, {self.public_url})"

    @property
    def session_url(self) -> str:
        """Of the database itself, for whoever listens, migrates or makes a copy of it."""
        return self.direct_url or self.database_url

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def verifies_at_once(self) -> bool:
        """The demo's sign-ups need no mail."""
        return self.mode is Mode.DEMO

    @property
    def is_movable(self) -> bool:
        """Whether the business clock can be moved."""
        return self.mode is not Mode.PRODUCTION


def read_settings(env: Mapping[str, str]) -> Settings:
    """Raises SettingError, naming the variable."""
    mode = _read(env, "CHENU_MODE", values.read_one_of(Mode), default="production")
    settings = Settings(
        mode=mode,
        database_url=_read(env, "DATABASE_URL", values.read_database_url),
        redis_url=_read(env, "REDIS_URL", values.read_redis_url),
        public_url=_read(env, "CHENU_PUBLIC_URL", values.read_origin),
        secret=_read(env, "CHENU_SECRET", values.read_secret),
        stripe=_read_stripe(env),
        smtp_url=_read(env, "SMTP_URL", values.read_smtp_url, default="") or None,
        mail_folder=env.get("CHENU_MAIL_FOLDER") or None,
        mail_from=_read(env, "MAIL_FROM", values.read_mailbox, default=values.MAIL_FROM),
        return_origins=_read(env, "CHENU_RETURN_ORIGINS", values.read_origins, default=""),
        trusted_proxies=_read(env, "CHENU_TRUSTED_PROXIES", values.read_proxies, default=""),
        log_level=_read(env, "LOG_LEVEL", values.read_log_level, default="INFO"),
        cache_seconds=_read(env, "CHENU_CACHE_SECONDS", values.read_cache_seconds, default="1"),
        web_processes=_read(env, "CHENU_WEB_PROCESSES", values.read_web_processes, default="1"),
        redis_cluster=_read(env, "REDIS_CLUSTER_NODES", values.read_nodes, default=""),
        calls_per_minute=_read(env, "CHENU_CALLS_PER_MINUTE", values.read_calls, default="120"),
        is_metering=_read(env, "CHENU_METERING", values.read_switch, default="on"),
        is_compiling=_read(env, "CHENU_COMPILED_QUERIES", values.read_switch, default="on"),
        traces=_read_traces(env),
        limits=_read_limits(env),
        media=_read_media(env),
        company=_read_company(env, mode),
        leak_reporters=_read(env, "CHENU_LEAK_REPORTERS", read_leak_reporters, default=""),
        replica_url=_read(env, "DATABASE_REPLICA_URL", values.find_database_url, default=""),
        replica_bounds=_read(env, "CHENU_REPLICA_SECONDS", values.read_bounds, default=""),
        direct_url=_read(env, "DATABASE_DIRECT_URL", values.find_database_url, default=""),
        backup_key=_read(env, "CHENU_BACKUP_KEY", values.find_secret, default=""),
        webhooks_may_loop=_read(env, "CHENU_WEBHOOK_LOOPBACK", values.read_switch, default="off"),
        sample_seconds=_read(env, "CHENU_SAMPLE_SECONDS", values.read_sample_seconds, default="15"),
        web_address=_read(env, "CHENU_WEB_ADDRESS", values.read_optional_url, default="") or None,
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
        mode=_read(env, "STRIPE_MODE", values.read_one_of(StripeMode)),
        key=_read(env, "STRIPE_KEY", values.read_stripe_key),
        api_base=_read(env, "STRIPE_API_BASE", values.read_optional_url, default="") or None,
        webhook_secrets=values.read_list(env.get("STRIPE_WEBHOOK_SECRETS", "")),
        thin_secrets=values.read_list(env.get("STRIPE_THIN_SECRETS", "")),
        automatic_tax=_read(env, "STRIPE_AUTOMATIC_TAX", values.read_switch, default="off"),
    )


def _read_traces(env: Mapping[str, str]) -> TraceSettings | None:
    """OpenTelemetry's variables that we need; the SDK reads the others. None: no traces."""
    _read(env, "OTEL_EXPORTER_OTLP_PROTOCOL", values.read_otlp_protocol, default="")
    base = _read(env, "OTEL_EXPORTER_OTLP_ENDPOINT", values.read_optional_url, default="")
    url = _read(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", values.read_optional_url, default="")
    if not base and not url:
        return None
    return TraceSettings(url or f"{base}/v1/traces", env.get("OTEL_SERVICE_NAME", ""))


def _read_media(env: Mapping[str, str]) -> Place:
    """A bucket's address and keys have the names that Amazon's tools know."""
    place = _read(env, "CHENU_MEDIA_STORE", read_place, default=DEFAULT_PLACE)
    if place.bucket is None:
        return place
    bucket = replace(
        place.bucket,
        endpoint=_read(env, "AWS_ENDPOINT_URL", values.read_optional_url, default="") or None,
        region=env.get("AWS_REGION") or None,
        access_key=env.get("AWS_ACCESS_KEY_ID") or None,
        secret_key=env.get("AWS_SECRET_ACCESS_KEY") or None,
    )
    return Place(bucket=bucket)


def _read_company(env: Mapping[str, str], mode: Mode) -> Company:
    try:
        return read_company(env, Company() if mode is Mode.PRODUCTION else MADE_UP)
    except ValueError as error:
        raise SettingError(str(error)) from None


def _read_limits(env: Mapping[str, str]) -> ConnectionLimits:
    try:
        return read_connection_limits(env)
    except ValueError as error:
        raise SettingError(str(error)) from None


def _check_together(settings: Settings) -> None:
    """Refuses combinations of settings that are each valid."""
    stripe = settings.stripe
    is_live_key = stripe.key.startswith(("sk_live_", "rk_live_"))
    if is_live_key and stripe.api_base:
        raise SettingError("STRIPE_API_BASE: a live key never goes to an overridden address")
    if is_live_key != (stripe.mode is StripeMode.LIVE):
        raise SettingError("STRIPE_KEY: STRIPE_MODE=live takes a live key, and only live does")
    if stripe.key == SANDBOX_KEY and stripe.mode is not StripeMode.SANDBOX:
        raise SettingError("STRIPE_KEY: the sandbox's key is worth nothing at Stripe")
    if (stripe.mode is StripeMode.SANDBOX) != bool(stripe.api_base):
        raise SettingError(
            "STRIPE_API_BASE: the sandbox needs its address, Stripe itself takes none"
        )
    if settings.mode is Mode.PRODUCTION:
        _check_production(settings)
    elif stripe.mode is StripeMode.LIVE:
        raise SettingError(
            f"STRIPE_MODE: live money is for CHENU_MODE=production, not for {settings.mode}"
        )


def _check_production(settings: Settings) -> None:
    if settings.stripe.mode is not StripeMode.LIVE:
        raise SettingError("STRIPE_MODE: production takes live (CHENU_MODE=demo is for the others)")
    if not settings.is_https:
        raise SettingError("CHENU_PUBLIC_URL: production is served over https")
    if any(not origin.startswith("https://") for origin in settings.return_origins):
        raise SettingError("CHENU_RETURN_ORIGINS: production returns to https addresses alone")
    if settings.smtp_url is None:
        raise SettingError("SMTP_URL is not set")
    if settings.mail_folder is not None:
        raise SettingError("CHENU_MAIL_FOLDER: production sends its mails, by SMTP_URL")
    if settings.webhooks_may_loop:
        raise SettingError("CHENU_WEBHOOK_LOOPBACK: production sends webhooks to others alone")
