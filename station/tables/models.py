"""The learned models of a station, and the versions of one, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from station.networks.manifest import Manifest
from station.networks.versions import Checked, Version
from station.tables.basics import console, print_rows, table


def model_document(manifest: Manifest) -> dict[str, Any]:
    """A model for programs."""
    return {
        "name": manifest.name,
        "version": manifest.version,
        "sha256": manifest.sha256,
        "opset": manifest.opset,
        "thresholds": {one.name: one.value for one in manifest.thresholds},
    }


def checked_document(checked: Sequence[Checked]) -> dict[str, Any]:
    """All of a station's models for programs; `fault` is empty where one may be used."""
    return {
        "models": [
            {"name": one.name, "folder": str(one.folder), "fault": one.fault}
            | (model_document(one.manifest) if one.manifest else {})
            for one in checked
        ]
    }


def print_model(manifest: Manifest) -> None:
    """What was added."""
    lines = [(f"threshold {one.name}", f"{one.value:g}  ({one.chosen})") for one in manifest.thresholds]
    print_rows(
        console(),
        [
            ("model", f"{manifest.name}, version {manifest.version}: {manifest.purpose}"),
            ("sha256", manifest.sha256),
            ("operator set", str(manifest.opset)),
            ("input", f"{manifest.input.layout} {list(manifest.input.shape)}: {', '.join(manifest.input.channels)}"),
            ("output", f"{manifest.output.layout} {list(manifest.output.shape)}: {manifest.output.meaning}"),
            *lines,
            ("golden vector", f"comes out to within {manifest.golden.tolerance:g}"),
        ],
    )


def print_checked(checked: Sequence[Checked]) -> None:
    """Which models there are, from where, and whether each may be used."""
    rows = table("Model", "Version", "SHA-256", "Folder", "State")
    for one in checked:
        version, sha256 = (one.manifest.version, one.manifest.sha256[:16]) if one.manifest else ("–", "–")
        state = Text("✗ refused", "bold red") if one.fault else Text("✓ sound", "green")
        rows.add_row(*map(Text, (one.name, version, sha256, str(one.folder))), state)
    console().print(rows)
    for one in checked:
        if one.fault:
            console().print(Text(one.fault))


def print_versions(versions: Sequence[Version]) -> None:
    """The versions of one model that are kept."""
    rows = table("Id", "Version", "SHA-256", "Made", "")
    for one in versions:
        texts = (one.id, one.manifest.version, one.manifest.sha256[:16], one.manifest.training.made)
        rows.add_row(*map(Text, texts), Text("in force" if one.is_active else "", "green"))
    console().print(rows)
