"""What kinds of root and formats of an image cost in bytes, in seconds to the login prompt, in time to pack."""
