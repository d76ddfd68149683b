"""What ``bench/faq_calibrate.py`` learned from ``tests/faq/calibration.yaml``. Not written by hand.

The weights speak about similarities, not about particular groups, so they serve other knowledge bases too; one that is
very different from a service desk's deserves its own questions and another run.
"""

from __future__ import annotations

from typing import Final

from hub_faq.confidence import Calibration

SERVICE_DESK: Final = Calibration(
    ranking=(10.502, 8.865, 5.862, 5.559),
    sure=(2.106, 2.035, 0.000, 12.277, 0.000, 0.265, 0.142, 12.240, -12.700),
    near=(5.984, 0.000, 0.000, 5.272, 0.000, 0.034, 0.166, 11.837, -12.093),
)
