from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from station.genealogy.database import open_database, writing
from station.genealogy.home import StationHome
from station.genealogy.schema import metadata
from station.genealogy.store import Genealogy

from .builders import NOW, draft, evidence


def test_the_migrations_lead_to_the_tables_that_the_code_uses(home: StationHome):
    home.prepare()
    engine = open_database(home)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_every_connection_is_durable_and_checks_references(home: StationHome):
    home.prepare()
    engine = open_database(home)
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
            assert pragmas == ["wal", 2, 1]
            assert (connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 5000
    engine.dispose()


def test_creating_and_opening_say_nothing(home: StationHome, capfd: pytest.CaptureFixture[str]):
    Genealogy.open(home).close()
    Genealogy.open(home).close()
    assert capfd.readouterr() == ("", "")


def test_an_up_to_date_store_opens_without_alembic(home: StationHome):
    Genealogy.open(home).close()
    code = (
        "import sys; from pathlib import Path; from station.genealogy.store import Genealogy;"
        "from station.genealogy.home import StationHome;"
        "Genealogy.open(StationHome(Path(sys.argv[1]))).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home.path)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_interrupted_transaction_leaves_nothing(home: StationHome):
    home.prepare()
    engine = open_database(home)

    def interrupted() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql(f"INSERT INTO documents VALUES ('{'0' * 64}', x'00')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM documents").scalar() == 0
    engine.dispose()


def test_a_database_by_url(home: StationHome, tmp_path):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with Genealogy.open(home, url=url) as genealogy:
        record = genealogy.commit(draft(), evidence(), committed=NOW)
        assert genealogy.inspection(record.id)["serial"] == draft().serial
    assert not home.database.exists()
