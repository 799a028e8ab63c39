"""What the exit code of every command means."""

from __future__ import annotations

FINE = 0
FAILING = 1  # a check failed, the daemon is not ready, or something asked about is failing
USAGE = 2  # wrong words or a wrong configuration
DATABASE = 3  # the database cannot be used: missing, locked, at another schema
NOT_FOUND = 4  # no such site or change
TAKEN = 5  # the address of the endpoint cannot be had now, and perhaps later
INTERRUPTED = 130  # by Ctrl-C
READER_GONE = 141  # whoever read the output went away, as `head` does
