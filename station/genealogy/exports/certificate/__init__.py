"""The inspection certificate (PDF, in the manner of EN 10204, 3.1), for people: what was asked, found and decided.

`issue` makes and signs one; `document` lays it out from what `rows`, `standing` and `traces` say; `sheet` is the paper.
"""
