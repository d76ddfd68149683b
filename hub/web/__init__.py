"""The web layer: routes, accounts and rights, the interface for programs, realtime and files."""
