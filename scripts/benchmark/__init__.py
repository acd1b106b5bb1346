"""What `scripts/bench.py` is made of: one idea per file, each measuring through the station's own entry points.

Every part returns a `Part`: rows of the summary (target, what was reached, whether it holds), tables and numbers.
Everything runs in one thread, the station and its peers alike, so numpy's libraries are told before they are loaded.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
