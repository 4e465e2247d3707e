"""Manifests as text that people read and edit."""

import json
from typing import Any


def pretty_json(value: Any) -> str:
    """Indented, in the order given, accents as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False)
