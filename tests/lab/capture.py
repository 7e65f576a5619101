"""Listens on a slave's port while it runs: tcpdump writes, packets.py understands."""

from __future__ import annotations

import pathlib
import subprocess
import time

from tests.lab import network, packets
from tests.lab.errors import LabError

# DHCP's fixed part and its first options; of everything else the headers are enough.
_SNAPLEN_BYTES = 384
_START_SECONDS = 20


class Capture:
    """A running tcpdump and what its file has told so far."""

    def __init__(self, port: str, file: pathlib.Path, macs: tuple[str, ...]) -> None:
        """Starts listening on `port`; returns when nothing can be missed any more. Raises LabError."""
        self.traffic = packets.Traffic(macs)
        self._file = file
        self._position = packets.FILE_HEADER_BYTES
        self._tcpdump = subprocess.Popen(
            network.inside(
                ["tcpdump", "--interface", port, "--snapshot-length", str(_SNAPLEN_BYTES), "--packet-buffered",
                 "--no-promiscuous-mode", "-Z", "root", "-w", str(file), "ip or arp"]
            ),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not (file.exists() and file.stat().st_size >= packets.FILE_HEADER_BYTES):
            if self._tcpdump.poll() is not None or time.monotonic() > deadline:
                self._tcpdump.kill()
                raise LabError(f"tcpdump does not listen on {port}: {self._tcpdump.communicate()[1].strip()}")
            # tcpdump tells nobody when it listens; the file's header is the sign.
            time.sleep(0.05)

    def update(self) -> packets.Traffic:
        """What is known by now."""
        with open(self._file, "rb") as file:
            file.seek(self._position)
            found, consumed = packets.records(file.read())
        self._position += consumed
        for when, length, frame in found:
            packets.note(self.traffic, when, length, frame)
        return self.traffic

    def stop(self) -> packets.Traffic:
        """Ends tcpdump; returns all that was seen."""
        self._tcpdump.terminate()
        self._tcpdump.communicate()
        return self.update()
