"""The values, in the order in which they appear on the way from schedule to store."""
