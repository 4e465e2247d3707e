"""What the tools ask of the API: stored operations (decision 0062), each known by its hash.

`make schema` writes operations.json from operations.graphql, as the API stores them.
"""

import hashlib
import json
from pathlib import Path

import msgspec

_TEXTS: dict[str, str] = json.loads(Path(__file__).with_name("operations.json").read_text())


class Document(msgspec.Struct, frozen=True):
    text: str

    @property
    def id(self) -> str:
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()


SEARCH_AGENTS = Document(_TEXTS["McpSearchAgents"])
GET_AGENT = Document(_TEXTS["McpGetAgent"])
GET_BALANCES = Document(_TEXTS["McpGetBalances"])
ESTIMATE_EXECUTION = Document(_TEXTS["McpEstimateExecution"])
LIST_LIBRARY = Document(_TEXTS["McpListLibrary"])
LIST_EXECUTIONS = Document(_TEXTS["McpListExecutions"])
AUTHORIZE_EXECUTION = Document(_TEXTS["McpAuthorizeExecution"])
COMPLETE_EXECUTION = Document(_TEXTS["McpCompleteExecution"])
CANCEL_EXECUTION = Document(_TEXTS["McpCancelExecution"])
