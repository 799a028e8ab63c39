"""The interface for programs: what the pages show, as JSON."""
