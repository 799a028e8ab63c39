"""Users, their logins and tokens, and the audit."""
