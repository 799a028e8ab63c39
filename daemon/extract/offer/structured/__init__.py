"""What a page states of its product for machines."""
