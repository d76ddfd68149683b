"""What ``bench/faq_calibrate.py`` learned from ``tests/faq/calibration.yaml``. Not written by hand.

The weights speak about similarities, not about particular groups, so they serve other knowledge bases too; one that is
very different from a service desk's deserves its own questions and another run.
"""

from __future__ import annotations

from typing import Final

from hub_faq.confidence import Calibration

SERVICE_DESK: Final = Calibration(
    ranking=(5.753, 4.574, 9.116, 3.633, 4.162),
    sure=(0.000, 11.933, 3.480, 0.939, 8.785, 8.149, -8.923),
    near=(2.104, 14.408, 0.000, 0.000, 11.227, 11.615, -10.894),
)
