"""What may be asked and done about users, their logins and tokens."""
