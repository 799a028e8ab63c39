"""What a person or a program sees: tables, charts, colours, times."""
