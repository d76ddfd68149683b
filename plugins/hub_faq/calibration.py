"""What ``bench/faq_calibrate.py`` learned from ``tests/faq/calibration.yaml``. Not written by hand.

The weights speak about similarities, not about particular groups, so they serve other knowledge bases too; one that is
very different from a service desk's deserves its own questions and another run.
"""

from __future__ import annotations

from typing import Final

from hub_faq.confidence import Calibration

SERVICE_DESK: Final = Calibration(
    ranking=(5.724, 4.571, 9.126, 3.631, 4.157),
    sure=(0.000, 11.775, 3.551, 0.928, 8.751, 8.127, -8.899),
    near=(2.089, 14.525, 0.000, 0.000, 11.240, 11.602, -10.900),
)
