"""Where a station's learned models lie: those of the project, and a quality engineer's own in `STATION_HOME/models`."""

from __future__ import annotations

from pathlib import Path

from station.networks.manifest import NAME

PROJECT_MODELS = Path(__file__).resolve().parents[2] / "models"


def find_models(*folders: Path) -> dict[str, Path]:
    """Name → folder of every model, sorted; of two with one name that of the later of `folders` counts.

    A folder without a manifest is no model; whether one may be used only `load_model` tells.
    """
    found = {path.parent.name: path.parent for folder in folders for path in sorted(folder.glob(f"*/{NAME}"))}
    return dict(sorted(found.items()))
