"""The commands: arguments in a call, a result in words."""
