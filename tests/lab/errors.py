"""The one kind of failure that the virtual library reports in words instead of a traceback."""

from __future__ import annotations


class LabError(Exception):
    """Something the lab needs is missing or did not happen; the text tells what, and what to look at."""
