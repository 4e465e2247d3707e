"""Methods: what a path takes, and what they are called in counts."""

_KNOWN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER = "_OTHER"


def method_label(method: str) -> str:
    """Callers may invent methods, and each label stays in memory: unknown ones share one."""
    return method if method in _KNOWN else _OTHER


def complete_allow(allow: str, *, is_post_only: bool) -> str:
    """What the routes say, with HEAD wherever there is GET and without what is no method."""
    named = {method.strip() for method in allow.split(",")}
    if is_post_only:
        named.discard("GET")
    if "GET" in named:
        named.add("HEAD")
    return ", ".join(method for method in _KNOWN if method in named)
