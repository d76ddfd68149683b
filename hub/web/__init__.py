"""The web layer: routes, answers and files."""
