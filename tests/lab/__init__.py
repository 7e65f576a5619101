"""The virtual library: masters in containers, slaves in QEMU, one LAN in namespaces of its own (see docs/lab.md)."""
