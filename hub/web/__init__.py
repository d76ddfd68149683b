"""The web layer: routes, answers, realtime and files."""
