"""The exit codes of all commands."""

from __future__ import annotations

FINE = 0
FAILING = 1  # a check failed, the daemon is not ready, or what was asked about is failing
USAGE = 2  # wrong words or a wrong configuration
DATABASE = 3  # the database cannot be used: missing, locked, at another schema
NOT_FOUND = 4  # no such site or change
TAKEN = 5  # the address of the endpoint is taken now, and may be free later
PARTLY = 6  # done, but for what it names: an import that could not carry over everything
INTERRUPTED = 130  # by Ctrl-C
READER_GONE = 141  # the reader of the output has gone, as `head` does
