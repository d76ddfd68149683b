"""The configuration: one YAML document, read with positions, checked as a whole, told about in one report.

`reading` makes a `tree` of a file (with `substitution` of variables), `including` joins several, `models` say what the
hub's own sections may hold, `checking` turns what does not fit into `words` for people, `loading` does all of it.
"""

from hub.config.loading import LoadedConfig, load
from hub.config.models import HubConfig

__all__ = ["HubConfig", "LoadedConfig", "load"]
