"""Seconds and bytes from power-on to the login prompt, against LTSP with the same root."""
