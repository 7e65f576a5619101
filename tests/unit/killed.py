"""A run that is killed in the midst of its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class KilledError(BaseException):
    """Ends a run where it is."""


def killing(real: Callable[..., Any], left: Iterator[int], *, behind: bool = False) -> Callable[..., Any]:
    """Have a function end the run in place of its work where nothing is ``left``; ``behind``: after it too."""

    def call(*arguments: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise KilledError
        result = real(*arguments, **options)
        if behind and next(left, None) is None:
            raise KilledError
        return result

    return call
