"""THE RECORD: what was asked, what was seen and what was decided, committed once and never changed.

`store.Genealogy` commits and reads; `verify.verify_home` checks a whole `STATION_HOME` without trusting it.
The format is described for strangers in ``docs/record.md``.
"""
