"""The schema of the channel's tables."""
