"""Conversations: what was asked and answered, kept in one file, resumed, exported, rated and deleted for good."""

from assistant.conversations.export import as_json, as_markdown
from assistant.conversations.log import ConversationLog
from assistant.conversations.turns import ConversationInfo, Rating, Turn, messages_of, shown_cards

__all__ = [
    "ConversationInfo",
    "ConversationLog",
    "Rating",
    "Turn",
    "as_json",
    "as_markdown",
    "messages_of",
    "shown_cards",
]
