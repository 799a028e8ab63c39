"""The values, in order of appearance from schedule to store."""
