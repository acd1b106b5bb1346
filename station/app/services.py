"""What this station offers and keeps beside its cycle, from the tables of ``STATION_HOME/services.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field

from station.facts import check_keys, facts_of, read_table
from station.genealogy.disk import DiskBudget
from station.genealogy.home import default_home
from station.genealogy.retention import RetentionRule

NAME = "services.toml"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that has a table of its own; a table that is not there means its defaults."""

    retention: RetentionRule = field(default_factory=RetentionRule)
    disk: DiskBudget = field(default_factory=DiskBudget)


def read_services() -> Services:
    """The services of STATION_HOME; all defaults where there is no file.

    Raises:
        InputError: an unknown, missing or wrong key, with its place.
    """
    path = default_home().path / NAME
    if not path.exists():
        return Services()
    tables = read_table(path)
    check_keys(tables, {"retention", "disk"}, str(path))
    return Services(
        retention=facts_of(RetentionRule, tables.get("retention", {}), f"{path}: retention"),
        disk=facts_of(DiskBudget, tables.get("disk", {}), f"{path}: disk"),
    )
