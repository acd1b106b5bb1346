"""Steps from one layout of the record store to the next, run by `database.open_database`."""
