"""Refusals as data in userErrors; every other error at the top level with a stable code."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import strawberry
import structlog
from graphql import GraphQLError

from chenu.core.errors import BrokenRequest, ChenuError, RateLimited
from chenu.core.i18n import Locale, explain, mark, translate
from chenu.core.money import CURRENCY
from chenu.metering.errors import QuotaExceeded
from chenu.tiers import catalogue, entitlements
from chenu.tiers.catalogue import Feature
from chenu.tokens import errors as tokens
from chenu.tokens import packs
from chenu_graphql.context import Context
from chenu_graphql.fields import field
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt
from chenu_graphql.tiers import Tier, TokenPack

log = structlog.get_logger(__name__)

INTERNAL_MESSAGE = mark("Something went wrong on our side")


@strawberry.enum(
    description=(
        "userErrors carry one of these. Top-level errors carry extensions.code, one of "
        "UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, BAD_INPUT, VALIDATION_FAILED, COST_EXCEEDED, "
        "RATE_LIMITED, QUOTA_EXCEEDED, IDEMPOTENCY_CONFLICT, UNAVAILABLE, INTERNAL, PLAN_REQUIRED "
        "(an API key of an account that has lost API_ACCESS), PERSISTED_QUERY_NOT_FOUND "
        "(documentId is of no stored operation), with extensions.requestId."
    )
)
class ErrorCode(StrEnum):
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    ALREADY_OWNED = "ALREADY_OWNED"
    INVALID_STATE = "INVALID_STATE"
    PRICE_OUT_OF_RANGE = "PRICE_OUT_OF_RANGE"
    PRICE_CHANGED = "PRICE_CHANGED"
    PLAN_REQUIRED = "PLAN_REQUIRED"
    LIMIT_REACHED = "LIMIT_REACHED"
    INSUFFICIENT_TOKENS = "INSUFFICIENT_TOKENS"
    PAYOUTS_NOT_READY = "PAYOUTS_NOT_READY"
    COUPON_REJECTED = "COUPON_REJECTED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    SELF_REFERRAL = "SELF_REFERRAL"
    REFUND_NOT_ALLOWED = "REFUND_NOT_ALLOWED"
    DISPUTED = "DISPUTED"
    TRIAL_USED = "TRIAL_USED"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    CODE_NEEDED = "CODE_NEEDED"


class ValidationFailed(BrokenRequest):
    """A document that does not fit the schema, or exceeds a limit."""

    code = "VALIDATION_FAILED"


class CostExceeded(BrokenRequest):
    code = "COST_EXCEEDED"


class OperationNotStored(BrokenRequest):
    """The code is the one that clients of persisted documents know."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class Refusal(msgspec.Struct, frozen=True):
    """The source of every UserError; a refusal with a `feature` becomes a PlanRequired, one with
    `required` tokens an InsufficientTokens.
    """

    code: ErrorCode
    message: str
    path: Sequence[str] | None = None
    feature: Feature | None = None
    cheapest_tier: catalogue.Tier | None = None
    used: int | None = None
    limit: int | None = None
    resets_at: datetime | None = None
    required: int | None = None
    available: int | None = None
    cheapest_pack: packs.TokenPack | None = None


@strawberry.interface(description="Why a request was refused; nothing was changed.")
class UserError:
    code: ErrorCode = field("For programs.", PARENT)
    message: str = field("For people, in the caller's language.", PARENT)
    path: list[str] | None = field("The input field, from 'input' inwards.", PARENT)

    @classmethod
    def resolve_type(cls, source: Refusal, *_: Any) -> str:
        if source.required is not None:
            return "InsufficientTokens"
        return "SimpleError" if source.feature is None else "PlanRequired"


@strawberry.type(description="A refusal that its words explain.")
class SimpleError(UserError):
    pass


@strawberry.type(
    description=("The refusal names what would lift it: the same object that the storefront shows.")
)
class PlanRequired(UserError):
    feature: Feature = field("What the plan lacks.", PARENT)
    used: BigInt | None = field("How much of it is used; null where it is not counted.", PARENT)
    limit: BigInt | None = field("How much the plan has; null where it is not counted.", PARENT)
    resets_at: datetime | None = field("When it starts afresh; null where it does not.", PARENT)
    cheapest_tier: Tier | None = field(
        "The cheapest plan that would do; null where none would.", PARENT
    )


@strawberry.type(description="Too few tokens, and the cheapest ways to have enough.")
class InsufficientTokens(UserError):
    required: BigInt = field("How many it takes.", PARENT)
    available: BigInt = field("How many can be spent now; negative: a debt.", PARENT)
    cheapest_pack: TokenPack | None = field("null where no pack is large enough.", PARENT)
    cheapest_tier: Tier | None = field(
        "The cheapest plan whose monthly budget would do; null where none would.", PARENT
    )


def describe_refusal(error: ChenuError, locale: Locale, prefix: Sequence[str] = ()) -> Refusal:
    """`prefix` is the path of the request's fields: ("input",), or empty for plain arguments.

    Codes that only top-level errors have (sign in first) become INVALID_STATE.
    """
    code = ErrorCode.__members__.get(error.code, ErrorCode.INVALID_STATE)
    path = public_path(error.path, prefix)
    message = explain(error, locale)
    if isinstance(error, tokens.InsufficientTokens):
        return Refusal(
            code,
            message,
            path,
            cheapest_tier=error.cheapest_tier,
            required=error.required,
            available=error.available,
            cheapest_pack=error.cheapest_pack,
        )
    if not isinstance(error, entitlements.PlanRequired):
        return Refusal(code, message, path)
    return Refusal(
        code,
        message,
        path,
        feature=error.feature,
        cheapest_tier=error.cheapest_tier,
        used=error.used,
        limit=error.limit,
        resets_at=error.resets_at,
    )


def public_path(path: Sequence[str], prefix: Sequence[str] = ()) -> list[str] | None:
    """The path of a field by public names; inside a manifest the creator's own names stay."""
    if not path:
        return None
    inside = path.index("manifest") + 1 if "manifest" in path else len(path)
    return [*prefix, *map(_camel_case, path[:inside]), *path[inside:]]


def _camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


_TOP_LEVEL = frozenset(
    {
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "NOT_FOUND",
        "BAD_INPUT",
        "VALIDATION_FAILED",
        "COST_EXCEEDED",
        "PERSISTED_QUERY_NOT_FOUND",
        "RATE_LIMITED",
        "QUOTA_EXCEEDED",
        "IDEMPOTENCY_CONFLICT",
        "UNAVAILABLE",
        "INTERNAL",
        "PLAN_REQUIRED",
    }
)


def to_graphql(error: ChenuError) -> GraphQLError:
    """One of our errors that belongs to no field."""
    return GraphQLError(str(error), original_error=error)


def with_code(error: GraphQLError, ctx: Context) -> GraphQLError:
    """The error as it is sent: code, request id and a message for the caller, without internals."""
    original = _original(error)
    if isinstance(original, ChenuError):
        return _rewrite(error, ctx, explain(original, ctx.locale), _extensions(original))
    if "code" in (error.extensions or {}):
        return _rewrite(error, ctx, error.message, dict(error.extensions or {}))
    if original is None and _is_callers_mistake(error):
        return _rewrite(error, ctx, error.message, {"code": "BAD_INPUT"})
    log.error("graphql_failed", path=error.path, exc_info=original or error)
    return _rewrite(error, ctx, translate(ctx.locale, INTERNAL_MESSAGE), {"code": "INTERNAL"})


def _original(error: GraphQLError) -> Exception | None:
    """The exception that graphql-core wrapped."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _extensions(original: ChenuError) -> dict[str, Any]:
    code = original.code
    if code not in _TOP_LEVEL:
        code = "UNAVAILABLE" if code == "PROVIDER_UNAVAILABLE" else "BAD_INPUT"
    extensions: dict[str, Any] = {"code": code}
    if (path := public_path(original.path)) is not None:
        extensions["argument"] = path
    if isinstance(original, entitlements.PlanRequired):
        extensions["feature"] = original.feature
    if isinstance(original, RateLimited):
        extensions["retryAfter"] = original.retry_after
    if isinstance(original, QuotaExceeded):
        extensions |= _describe_quota(original)
    return extensions


def _describe_quota(original: QuotaExceeded) -> dict[str, Any]:
    """When there are calls again, and the plan that has more, as the fields of ApiPlan."""
    plan = original.next_plan
    described: dict[str, Any] = {
        "limit": str(original.limit),
        "resetsAt": original.resets_at.isoformat(),
        "nextPlan": None,
    }
    if plan is not None:
        price, calls = plan.monthly_price, plan.monthly_calls
        described["nextPlan"] = {
            "code": plan.code.value,
            "monthlyPrice": price and {"amountMinor": str(price), "currency": CURRENCY},
            "monthlyCalls": calls and str(calls),
            "callsPerMinute": plan.calls_per_minute,
        }
    return described


def _is_callers_mistake(error: GraphQLError) -> bool:
    """Values of variables and arguments that graphql-core refused."""
    return error.path is None or error.message.startswith("Argument ")


def _rewrite(
    error: GraphQLError, ctx: Context, message: str, extensions: dict[str, Any]
) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions={**extensions, "requestId": ctx.request_context.request_id},
    )
