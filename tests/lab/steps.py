"""What a person sees while the virtual library works: one line a step, with how long it took."""

from __future__ import annotations

import contextlib
import time
import typing

from rich.console import Console
from rich.markup import escape

# Where no terminal shows a moving line, a word now and then says that it is alive.
_HEARTBEAT_SECONDS = 30.0


class Step:
    """A step that is under way."""

    def __init__(self, console: Console, what: str, show: typing.Callable[[str], None]) -> None:
        self._console = console
        self._what = what
        self._show = show
        self._begun = self._spoken = time.monotonic()
        self.result = ""

    def waiting(self, what_for: str) -> None:
        """Says what the step is waiting for."""
        now = time.monotonic()
        self._show(f"{escape(self._what)}: {escape(what_for)}")
        if not self._console.is_terminal and now - self._spoken > _HEARTBEAT_SECONDS:
            self._spoken = now
            self._console.print(f"       … {escape(self._what)}, after {now - self._begun:.0f} s: {escape(what_for)}")

    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun


@contextlib.contextmanager
def step(console: Console, what: str) -> typing.Iterator[Step]:
    """Shows `what` while the block runs, then a line with its time and `result`."""
    with console.status(escape(what)) as status:
        current = Step(console, what, status.update)
        try:
            yield current
        except BaseException:
            console.print(f"{current.seconds():6.1f} s  [red]failed[/]  {escape(what)}", highlight=False)
            raise
    result = f" ({current.result})" if current.result else ""
    console.print(f"{current.seconds():6.1f} s  {escape(what)}{escape(result)}", highlight=False)
