"""From order and pictures to a committed verdict, and the cell that does it part after part."""
