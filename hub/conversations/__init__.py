"""Conversations: what can happen in one, and who may make it happen."""
