"""Reads cookies as browsers send them (RFC 6265), one by one: an invalid one does not affect
others.
"""


def read_cookies(header: str) -> dict[str, str]:
    """Of a repeated name the first non-empty value counts.

    Names are compared exactly, and only spaces and tabs around them are removed: a name that merely
    looks like `__Host-...` is not bound to the host.
    """
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip(" \t")
        if equals and name and not found.get(name):
            found[name] = _unquoted(value.strip(" \t"))
    return found


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
