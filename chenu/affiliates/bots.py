"""Programs that follow links by themselves: their clicks count for nothing.

A browser says that it is Mozilla (Opera Mini: Opera) and names no program. This keeps out what says
what it is; a click earns nothing by itself, so that nobody gains by a lie.
"""

import re

_BROWSERS = ("Mozilla/", "Opera/")
_PROGRAMS = re.compile(
    r"(?<!\bcu)bot\b|crawl|spider|slurp|scrape|preview|fetch|monitor|archiver|lighthouse|pingdom"
    r"|externalhit|externalagent|skypeuri|google-|mediapartners|bingads|yandex"
    r"|feed|http-?client|python|curl|wget|phantomjs|\+https?:",
    re.ASCII | re.IGNORECASE,
)


def is_bot(user_agent: str) -> bool:
    return not user_agent.startswith(_BROWSERS) or _PROGRAMS.search(user_agent) is not None
