"""How an order will be measured, decided before the part exists. Pure."""
