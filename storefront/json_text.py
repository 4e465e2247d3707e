"""Manifests as readable and editable JSON text."""

import json
from typing import Any


def pretty_json(value: Any) -> str:
    """Indented, in the given order, with non-ASCII characters unescaped."""
    return json.dumps(value, indent=2, ensure_ascii=False)
