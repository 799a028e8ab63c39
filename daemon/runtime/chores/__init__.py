"""Work that is done beside the checks, now and then."""
