"""Conversations: what was asked and answered, kept in one file, resumed, exported, rated and deleted for good."""

from assistant.conversations.log import ConversationLog
from assistant.conversations.turns import ConversationInfo, Rating, Turn, messages_of, shown_cards

__all__ = ["ConversationInfo", "ConversationLog", "Rating", "Turn", "messages_of", "shown_cards"]
