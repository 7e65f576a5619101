"""What this costs, in figures: `make bench` measures and writes the pages for docs/; no part of the tests."""
