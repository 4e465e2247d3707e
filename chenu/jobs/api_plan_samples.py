"""Samples of the mails about plans whose words differ for a plan of the paid API."""

from collections.abc import Mapping

import msgspec

from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams, PlanParams

_KINDS = frozenset(
    {
        MailKind.PLAN_CANCELLED,
        MailKind.PLAN_CHANGE_SCHEDULED,
        MailKind.PLAN_DOWNGRADED,
        MailKind.PLAN_ENDED,
        MailKind.PLAN_PAUSED,
    }
)


def with_api_plans(
    samples: Mapping[MailKind, tuple[MailParams, ...]],
) -> dict[MailKind, tuple[MailParams, ...]]:
    """The same, and of these kinds each sample once more as one of an API plan."""
    return {
        kind: (*each, *(_of_api(one) for one in each)) if kind in _KINDS else each
        for kind, each in samples.items()
    }


def _of_api(sample: MailParams) -> MailParams:
    if not isinstance(sample, PlanParams):
        return sample
    names = {"plan": "API Pro", "old_plan": "API Basic", "next_plan": "API Basic"}
    known = {name: value for name, value in names.items() if hasattr(sample, name)}
    return msgspec.structs.replace(sample, is_api=True, **known)
