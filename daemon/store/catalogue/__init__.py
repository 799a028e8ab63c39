"""What people own: sites, products and the owners themselves."""
