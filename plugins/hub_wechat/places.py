"""The platform's coordinates (GCJ-02, shifted by some hundred metres) as the hub's (WGS 84)."""

from __future__ import annotations

import math
from typing import Final

_AXIS: Final = 6_378_245.0
_ECCENTRICITY: Final = 0.006_693_421_622_965_943
"""Of the ellipsoid the shift is defined on (Krassowsky 1940), squared."""


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Latitude and longitude without the shift, good to about a metre; places outside of China are as they are."""
    if not (0.8293 < latitude < 55.8271 and 72.004 < longitude < 137.8347):
        return latitude, longitude
    true = (latitude, longitude)
    # The shift changes slowly, so what it does to a near place is nearly what it did here.
    for _ in range(3):
        shifted = _to_gcj02(*true)
        true = (true[0] + latitude - shifted[0], true[1] + longitude - shifted[1])
    return round(true[0], 6), round(true[1], 6)


def _to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - 105.0, latitude - 35.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + _waves(x, y, 160.0, 320.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + _waves(x, x, 150.0, 300.0)
    radians = math.radians(latitude)
    magic = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    north = math.degrees(north) / (_AXIS * (1 - _ECCENTRICITY) / (magic * math.sqrt(magic)))
    east = math.degrees(east) / (_AXIS / math.sqrt(magic) * math.cos(radians))
    return latitude + north, longitude + east


def _waves(x: float, along: float, long: float, longest: float) -> float:
    pi = math.pi
    short = 20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)
    middle = 20.0 * math.sin(along * pi) + 40.0 * math.sin(along / 3.0 * pi)
    wide = long * math.sin(along / 12.0 * pi) + longest * math.sin(along / 30.0 * pi)
    return (short + middle + wide) * 2.0 / 3.0
