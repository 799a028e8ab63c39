"""`users`: who logs in, and what is theirs."""
