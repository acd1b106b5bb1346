"""QIF 3.0 plans as orders: what of a plan this station can be asked, and by name what it cannot.

Read as hostile input: at most `MAX_QIF_BYTES`, no document type, no entities, nothing fetched, numbers bounded; the
order that comes of it is checked as any other. `plan.import_plan` is the way in; docs/exports/qif.md has the rules.
"""
