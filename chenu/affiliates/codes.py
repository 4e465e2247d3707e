"""Affiliates' codes as people type them."""

import re

_CODE = re.compile(r"CHENU[0-9A-F]{8}", re.ASCII)
_LONGEST = 40


def find_code(typed: str | None) -> str | None:
    """As it is stored; None for what cannot be a code."""
    if typed is None or len(typed) > _LONGEST:
        return None
    found = typed.strip().upper()
    return found if _CODE.fullmatch(found) else None
