"""``hub new``: a plugin to begin with, as a project of its own that works, is tested and can be installed.

The templates are whole projects, one folder for each kind; a test writes them out, installs them and runs their tests.
"""

from __future__ import annotations

from hub_new.project import KINDS, Project

__all__ = ["KINDS", "Project"]
