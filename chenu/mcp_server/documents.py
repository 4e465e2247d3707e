"""What the tools ask of the API. tests/mcp_server checks each against graphql/schema.graphql."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """`name` is the operation's, by which the API's logs and metrics know it."""

    name: str
    text: str


_SUMMARY = """
fragment Summary on Agent {
  id slug name tagline level language rating reviewCount installs
  sphere { code }
  price { type amount { amountMinor currency formatted } }
  creator { handle displayName }
}
"""
_REFUSAL = """
fragment Refusal on UserError {
  code message path
  ... on InsufficientTokens { required available cheapestPack { code } cheapestTier { code } }
  ... on PlanRequired { feature cheapestTier { code } }
}
"""
_RUN = """
fragment Run on Execution {
  id status tokensHeld tokensUsed capped minutesSaved isFreeTry startedAt expiresAt finishedAt
  agent { id slug name }
  sphere { code }
}
"""
_ACCESS = """
fragment Access on Agent {
  successRate medianTokens viewerAccess { canUse reason { ...Refusal } }
}
"""

SEARCH_AGENTS = Document(
    "McpSearchAgents",
    """query McpSearchAgents(
  $search: String, $filter: AgentFilter, $sort: AgentSort!, $first: Int!, $after: String
) {
  agents(search: $search, filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { ...Summary } }
  }
}"""
    + _SUMMARY,
)
GET_AGENT = Document(
    "McpGetAgent",
    """query McpGetAgent($id: ID, $slug: String) {
  agent(id: $id, slug: $slug) {
    ...Summary
    ...Access
    description capabilities permissions averageMinutesSaved updatedAt
    version { number }
  }
}"""
    + _SUMMARY
    + _ACCESS
    + _REFUSAL,
)
GET_BALANCES = Document(
    "McpGetBalances",
    """query McpGetBalances {
  viewer {
    account {
      name
      tier { code }
      tokens { available held isUnlimited monthlyBudget monthlyUsed resetsAt }
      entitlements { feature hasAccess isUnlimited limit used remaining resetsAt source }
    }
  }
}""",
)
ESTIMATE_EXECUTION = Document(
    "McpEstimateExecution",
    """query McpEstimateExecution($id: ID!) {
  agent(id: $id) { id name ...Access }
  viewer { account { tokens { available isUnlimited } } }
}"""
    + _ACCESS
    + _REFUSAL,
)
LIST_LIBRARY = Document(
    "McpListLibrary",
    """query McpListLibrary($first: Int!, $after: String) {
  viewer {
    account {
      library(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { source startsAt endsAt revokedAt revokedReason agent { id slug name } } }
      }
    }
  }
}""",
)
LIST_EXECUTIONS = Document(
    "McpListExecutions",
    """query McpListExecutions($first: Int!, $after: String) {
  viewer {
    account {
      executions(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { node { ...Run } }
      }
    }
  }
}"""
    + _RUN,
)


def _changing(name: str, field: str, input_type: str) -> Document:
    text = f"""mutation {name}($input: {input_type}!) {{
  result: {field}(input: $input) {{
    execution {{ ...Run }}
    wallet {{ available held }}
    userErrors {{ ...Refusal }}
  }}
}}"""
    return Document(name, text + _RUN + _REFUSAL)


AUTHORIZE_EXECUTION = _changing(
    "McpAuthorizeExecution", "executionAuthorize", "ExecutionAuthorizeInput"
)
COMPLETE_EXECUTION = _changing(
    "McpCompleteExecution", "executionComplete", "ExecutionCompleteInput"
)
CANCEL_EXECUTION = _changing("McpCancelExecution", "executionCancel", "ExecutionCancelInput")

DOCUMENTS = (
    SEARCH_AGENTS,
    GET_AGENT,
    GET_BALANCES,
    ESTIMATE_EXECUTION,
    LIST_LIBRARY,
    LIST_EXECUTIONS,
    AUTHORIZE_EXECUTION,
    COMPLETE_EXECUTION,
    CANCEL_EXECUTION,
)
