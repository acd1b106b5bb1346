"""One module per step; `station.genealogy.schema.HEAD` names the newest."""
