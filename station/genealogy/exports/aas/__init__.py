"""An Asset Administration Shell (IEC 63278) of one inspected part, with the submodel "Quality Control for Machining"
(IDTA 02049-1-0), as JSON; docs/exports/aas.md says what goes where."""

from __future__ import annotations

from station.genealogy.dossier import Dossier


def make(dossier: Dossier) -> bytes:
    """The environment of the dossier's inspection. Raises: IntegrityError: an entry is not what was committed."""
    from station.genealogy.exports.aas.environment import environment  # the library takes its time to be loaded

    return environment(dossier)
