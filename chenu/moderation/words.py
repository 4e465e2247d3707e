"""Grounds and kinds of decisions, as texts to translate."""

from chenu.core.i18n import mark
from chenu.moderation.model import DecisionGround, DecisionKind

GROUNDS = {
    DecisionGround.ILLEGAL_CONTENT: mark("Illegal content"),
    DecisionGround.TERMS: mark("Our terms"),
    DecisionGround.QUALITY: mark("Quality"),
    DecisionGround.INTELLECTUAL_PROPERTY: mark("Intellectual property"),
    DecisionGround.SECURITY: mark("Security"),
    DecisionGround.OTHER: mark("Another ground"),
}
DECISIONS = {
    DecisionKind.AGENT_SUSPENDED: mark("The agent is suspended"),
    DecisionKind.AGENT_REJECTED: mark("The agent is sent back"),
    DecisionKind.REVIEW_REMOVED: mark("The review is removed"),
}
