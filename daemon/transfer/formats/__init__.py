"""The import and export formats, one file for each."""
