"""The plans of the paid API by name; what each of them has stands in chenu/metering/plans.py."""

from enum import StrEnum


class ApiPlanCode(StrEnum):
    FREE = "FREE"
    BASIC = "BASIC"
    PRO = "PRO"
    ENTERPRISE = "ENTERPRISE"
