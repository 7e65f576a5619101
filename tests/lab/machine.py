"""A slave: a PC without disks in QEMU, on a port of the LAN, watched from power-on."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import pathlib
import subprocess
import time
import typing
import uuid

from qemu.qmp import ConnectError
from qemu.qmp.legacy import QEMUMonitorProtocol

from tests.lab import firmware, milestones, network, paths, text_screen
from tests.lab.capture import Capture
from tests.lab.errors import LabError
from tests.lab.run import tail
from tests.lab.serial import SerialLog

# x86-64-v2, the most that a distribution asks for, and random numbers. For what "max" can do more (AES, AVX ...) a
# kernel loads and tests a dozen modules: a boot would cost an eighth more of the real processors.
_CPU = "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+lahf-lm,+rdrand"
_POLL_SECONDS = 0.25
_QMP_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Hardware:
    """What a slave is made of. `key` is a public SSH key that systemd lets root log in with (see `arguments`)."""

    name: str
    macs: tuple[str, ...]
    lan: int = 0
    firmware: str = "bios"
    card: str = "virtio-net-pci"
    memory_mib: int = 1024
    cpus: int = 2
    key: str | None = None
    # What its clock says at power-on (the -rtc base= of qemu-system(1)); empty for the time that it is.
    clock: str = ""


def arguments(hardware: Hardware, tap: str, monitor: pathlib.Path, variables: pathlib.Path) -> list[str]:
    """The whole command line of QEMU; `variables` is the file of UEFI's. Raises LabError for firmware there is not.

    The key travels as a system credential in an SMBIOS OEM string (systemd.exec(5), "ssh.authorized_keys.root" in
    systemd-tmpfiles(8)), so that neither inventory nor image know of the lab.
    """
    kind = firmware.find(hardware.firmware, hardware.card)
    command = [
        "qemu-system-x86_64", *firmware.arguments(kind, variables),
        "-name", hardware.name, "-uuid", str(uuid.uuid5(uuid.NAMESPACE_OID, hardware.macs[0])),
        "-accel", "tcg,thread=multi", "-cpu", _CPU, "-smp", str(hardware.cpus), "-m", str(hardware.memory_mib),
        "-nodefaults", "-vga", "std", "-display", "none",
        "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
        "-qmp", f"unix:{monitor},server=on,wait=off",
        "-netdev", f"tap,id=lan,ifname={tap},script=no,downscript=no",
        "-device", f"{hardware.card},netdev=lan,mac={hardware.macs[0]}{kind.card}",
    ]  # fmt: skip
    if hardware.clock:
        command += ["-rtc", f"base={hardware.clock}"]
    if hardware.key:
        encoded = base64.b64encode(hardware.key.encode() + b"\n").decode()
        command += ["-smbios", f"type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root={encoded}"]
    return command


class Machine:
    """A slave that is powered on. Use as a context manager: leaving it cuts the power."""

    def __init__(self, hardware: Hardware, folder: pathlib.Path) -> None:
        """Powers on; `folder` (made when needed) gets serial.log, lan.pcap, qemu.log, pictures. Raises LabError."""
        self.hardware = hardware
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "serial.log"
        self._log.unlink(missing_ok=True)
        self._seen = 0
        self._tap = f"t{hardware.macs[0].replace(':', '')}"
        monitor = paths.RUNTIME / f"{self._tap}.qmp"
        monitor.unlink(missing_ok=True)
        network.add_tap(network.ensure_lan(hardware.lan), self._tap)
        variables = folder / "firmware-variables.fd"
        firmware.own_variables(firmware.find(hardware.firmware, hardware.card), variables)
        (folder / "lan.pcap").unlink(missing_ok=True)
        self.capture = Capture(self._tap, folder / "lan.pcap", hardware.macs)
        with open(folder / "qemu.log", "wb") as errors:
            self._qemu = subprocess.Popen(
                network.inside(arguments(hardware, self._tap, monitor, variables)),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
            )  # fmt: skip
        self._power_on()
        self.serial = SerialLog(typing.cast(typing.BinaryIO, self._qemu.stdout), self._log, self._since)
        self.qmp = self._connect(monitor)

    def _power_on(self) -> None:
        self._since = time.monotonic()
        self._since_epoch = time.time()

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_details: object) -> None:
        self.power_off()

    def times(self) -> dict[str, float]:
        """Seconds from power-on of each milestone that has come."""
        traffic = self.capture.update()
        on_wire = {name: round(when - self._since_epoch, 3) for name, when in traffic.times.items()}
        return milestones.completed(milestones.earliest(on_wire, self.serial.times))

    def milestones_to_login(
        self, waiting_for: typing.Callable[[str], None] = lambda _what: None
    ) -> typing.Iterator[tuple[str, float]]:
        """Each milestone with its time, as it comes; `waiting_for` is told what is awaited meanwhile.

        Raises LabError with the serial line's last words when one does not come within its limit, or QEMU ends.
        """
        last = time.monotonic()
        told: set[str] = set()
        while True:
            times = self.times()
            for name in [name for name in times if name not in told]:
                last = time.monotonic()
                told.add(name)
                yield name, times[name]
            waiting = milestones.missing(times)
            if waiting is None:
                return
            waiting_for(milestones.WAITING_FOR[waiting])
            self._require_progress(waiting, time.monotonic() - last)
            # What is on the wire and on the serial line wakes nobody here.
            time.sleep(_POLL_SECONDS)

    def wait_for_login(self) -> dict[str, float]:
        """The times of all milestones, once the last has come. Raises LabError."""
        return dict(self.milestones_to_login())

    def wait_for(self, milestone: str) -> float:
        """The time of one milestone, once it has come. Raises LabError."""
        return next(seconds for name, seconds in self.milestones_to_login() if name == milestone)

    def press(self, *keys: str) -> None:
        """Presses keys one after the other, by QEMU's names for them (QKeyCode in its QMP reference): f1, down, ret."""
        self._seen = len(self.serial.text)
        for key in keys:
            self.qmp.cmd("send-key", keys=[{"type": "qcode", "data": key}])

    def shown(self) -> str:
        """What the screen of a BIOS shows now, in text mode; with UEFI what the serial line has shown since the last
        `press`, as UEFI copies its console there."""
        if self.hardware.firmware != "bios":
            return self.serial.text[self._seen :]
        memory = self.folder / "video-memory"
        self.qmp.cmd("pmemsave", val=text_screen.ADDRESS, size=text_screen.BYTES, filename=str(memory))
        return "\n".join(text_screen.lines(memory.read_bytes()))

    def wait_until_shown(self, text: str, limit_seconds: float) -> None:
        """Waits until `text` stands in `shown()`. Raises LabError."""
        deadline = time.monotonic() + limit_seconds
        while text not in (seen := self.shown()):
            if self._qemu.poll() is not None or time.monotonic() > deadline:
                self.screenshot()
                raise LabError(f"{self.hardware.name}: {text!r} did not come within {limit_seconds:.0f} s:\n{seen}")
            # A screen tells nobody that it has changed.
            time.sleep(_POLL_SECONDS)

    def _require_progress(self, waiting: str, seconds: float) -> None:
        name = self.hardware.name
        if self._qemu.poll() is not None:
            raise LabError(f"{name}: QEMU ended: {tail(self.folder / 'qemu.log', 5)}\n{self.last_words()}")
        limit = milestones.LIMITS_SECONDS[waiting]
        if seconds > limit:
            self.screenshot()
            what = milestones.WAITING_FOR[waiting]
            raise LabError(f"{name}: {what} did not come within {limit:.0f} s\n{self.last_words()}")

    def last_words(self, count: int = 25) -> str:
        """The end of the serial log."""
        return f"--- the last lines of {self._log} ---\n{tail(self._log, count)}"

    def screenshot(self, name: str = "screen") -> pathlib.Path:
        """Writes the picture on the screen as NAME.png."""
        picture = self.folder / f"{name}.png"
        self.qmp.cmd("screendump", filename=str(picture), format="png")
        return picture

    def wait_until_off(self, limit_seconds: float) -> float:
        """Waits until the slave has switched itself off; returns after how many seconds. Raises LabError."""
        begun = time.monotonic()
        try:
            self._qemu.wait(limit_seconds)
        except subprocess.TimeoutExpired as error:
            self.screenshot()
            raise LabError(
                f"{self.hardware.name}: still on after {limit_seconds:.0f} s\n{self.last_words()}"
            ) from error
        return time.monotonic() - begun

    def power_off(self) -> None:
        """Cuts the power, and takes the machine's port off the LAN. Doing it twice is fine."""
        if not self._tap:
            return
        self._qemu.kill()
        self._qemu.wait()
        self.serial.join()
        # Where the slave has switched itself off, the monitor's end may have been seen, by a command to another.
        with contextlib.suppress(EOFError):
            self.qmp.close()
        self.capture.stop()
        network.remove_tap(self._tap)
        self._tap = ""

    def _connect(self, monitor: pathlib.Path) -> QEMUMonitorProtocol:
        deadline = time.monotonic() + _QMP_SECONDS
        while self._qemu.poll() is None and time.monotonic() < deadline:
            # Its socket is QEMU's only sign that it can be talked to, and that only a moment after it is there.
            if monitor.exists():
                client = QEMUMonitorProtocol(str(monitor))
                with contextlib.suppress(ConnectError):
                    client.connect()
                    return client
            time.sleep(0.02)
        raise LabError(f"{self.hardware.name}: QEMU does not start: {tail(self.folder / 'qemu.log', 5)}")
