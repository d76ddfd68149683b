"""Speed as ratios: `python -m bench`."""
