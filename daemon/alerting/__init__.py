"""What happened and who wants to hear of it come in; drafts of notices, and when, go out."""
