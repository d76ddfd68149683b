"""A knowledge base bot in Chinese and English: answers, asks back, or hands over instead of guessing."""

from __future__ import annotations

from hub_faq.config import FaqConfig
from hub_faq.plugin import Faq

__all__ = ["Faq", "FaqConfig"]
