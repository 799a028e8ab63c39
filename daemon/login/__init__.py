"""How a person proves who they are: identities go in, no database is asked."""
