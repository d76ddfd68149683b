"""Keeps the files people send, typed by their content; the names here are for plugins that keep them somewhere else."""

from __future__ import annotations

from hub_media.plugin import Media
from hub_media.shelf import DiskShelf, Shelf

__all__ = ["DiskShelf", "Media", "Shelf"]
