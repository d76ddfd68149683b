"""Reply windows: how many answers a platform still takes after what the customer did, and until when.

No plugin of its own: a package for channels. `Windows` is the ledger of one instance: stored, and asked before a
message goes.
"""

from hub_windows.ledger import Closed, Permit, Windows

__all__ = ["Closed", "Permit", "Windows"]
