"""``python -m hub_cli`` is the command ``hub``."""

import sys

from hub_cli import main

sys.exit(main())
