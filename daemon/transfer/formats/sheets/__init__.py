"""Tables of rows and columns, as spreadsheet programs and others write them."""
