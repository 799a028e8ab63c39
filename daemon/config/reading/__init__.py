"""From a file and an environment to values, or to all the faults in them."""
