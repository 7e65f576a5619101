"""What a PC's screen shows in text mode, read from its video memory. Pure.

BIOS loaders draw there, iPXE nowhere else; and unlike a serial line it tells what stands there now. The layout is the
VGA's: 80 columns from 0xb8000, for each cell a character of code page 437 and a byte of colours.
"""

from __future__ import annotations

ADDRESS = 0xB8000
_COLUMNS, _ROWS = 80, 25
BYTES = _COLUMNS * _ROWS * 2


def lines(memory: bytes) -> list[str]:
    """The lines of the screen, from the `BYTES` bytes at `ADDRESS`, without blanks at their ends."""
    characters = memory[::2].replace(b"\0", b" ").decode("cp437")
    return [characters[start : start + _COLUMNS].rstrip() for start in range(0, len(characters), _COLUMNS)]
