"""A slave's serial console: every line into a log with its time since power-on, milestones noted as they pass."""

from __future__ import annotations

import pathlib
import threading
import time
import typing

from tests.lab import milestones


class SerialLog:
    """Reads a console in a thread of its own until its end."""

    def __init__(self, stream: typing.BinaryIO, log: pathlib.Path, power_on: float) -> None:
        """Reads `stream` (unbuffered) into `log`; `power_on` is a reading of time.monotonic()."""
        # The milestones that it has shown, in seconds from power-on.
        self.times: dict[str, float] = {}
        self.lines: list[str] = []
        self._pending = ""
        self._stream = stream
        self._log = log
        self._power_on = power_on
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """All that has come so far; what menus draw by moving the cursor follows each other in one line."""
        return "\n".join([*self.lines, self._pending])

    def join(self) -> None:
        """Waits until the console has ended and is in the log."""
        self._thread.join()

    def _read(self) -> None:
        pending = ""
        with open(self._log, "a", encoding="utf-8") as log:
            while chunk := self._stream.read(65536):
                pending += chunk.decode("utf-8", "replace")
                *whole, pending = pending.split("\n")
                for line in whole:
                    self._note(line)
                    text = milestones.plain(line)
                    self.lines.append(text)
                    log.write(f"[{time.monotonic() - self._power_on:9.3f}] {text}\n")
                log.flush()
                self._pending = milestones.plain(pending)
                self._note(pending)  # a prompt has no end of line
            if pending:
                log.write(f"[{time.monotonic() - self._power_on:9.3f}] {milestones.plain(pending)}\n")

    def _note(self, line: str) -> None:
        for name in milestones.on_serial(milestones.plain(line)):
            self.times.setdefault(name, round(time.monotonic() - self._power_on, 3))
