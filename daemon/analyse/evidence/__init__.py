"""What a difference says beyond its size: figures with a row and a column, advisories, clauses."""
