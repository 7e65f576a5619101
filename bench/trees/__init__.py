"""Time and disk of roots of slaves' own, against copies of the image by rsync and cp."""
