"""After all boots: what loaders asked the master for, and did not get."""

from __future__ import annotations

from tests.boot.library import Library
from tests.lab import missing_files, paths


def test_every_file_that_a_loader_needed_was_there(converged: Library) -> None:
    journal = converged.on_master("journalctl", "--identifier=in.tftpd", "--no-pager")
    assert "filename lpxelinux.0" in journal
    assert '"GET /ipxe/boot.ipxe' in converged.on_master("cat", missing_files.HTTP_LOG)
    assert missing_files.on_master(paths.lab_folder(converged.lab_id), converged.master) == []
