"""People: who they are, how they are known, and what is in memory about them."""
