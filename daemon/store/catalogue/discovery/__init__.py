"""The pages that a site names, as sites of their own."""
