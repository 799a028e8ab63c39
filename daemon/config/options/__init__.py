"""The values of options of sites that have a grammar of their own."""
