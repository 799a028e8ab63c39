"""The steps that a text passes through once it was read, in the order of `steps.STEPS`."""
