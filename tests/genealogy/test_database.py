from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from station.errors import StorageError
from station.genealogy.database import open_database, writing
from station.genealogy.home import StationHome
from station.genealogy.proof.bundle_check import check_bundle
from station.genealogy.proof.checkpoints import sign_checkpoint
from station.genealogy.schema import metadata
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from .builders import NOW, draft, evidence
from .proof.made import bundle_of, fill, signer_of_home


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


def test_a_database_by_url(home: StationHome, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with Genealogy.open(home, url=url) as genealogy:
        record = genealogy.commit(draft(), evidence(), committed=NOW)
        assert genealogy.inspection(record.id)["serial"] == draft().serial
    assert not home.database.exists()
    assert verify_home(home, url=url).inspections == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not the URL"),
        ("oracle+nothing://station:secret@host/x", "."),
        ("postgresql+nothing://station:secret@host/x", "."),
    ],
)
def test_a_url_of_nothing(home: StationHome, url: str, words: str):
    with pytest.raises(StorageError, match=words) as caught:
        Genealogy.open(home, url=url)
    assert "secret" not in str(caught.value)


@pytest.fixture
def postgresql() -> Iterator[str]:
    """An empty PostgreSQL database, named by the environment; its tables are removed afterwards."""
    url = os.environ.get("STATION_TEST_POSTGRESQL")
    if not url:
        pytest.skip("STATION_TEST_POSTGRESQL names no database")
    yield url
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()


def test_postgresql(home: StationHome, postgresql: str):
    with Genealogy.open(home, url=postgresql) as genealogy:
        attempts = [genealogy.commit(draft(), evidence(n), committed=NOW).attempt for n in range(3)]
        genealogy.add_event("note", "cell-3", {"text": "x"}, at=NOW)
        assert attempts == [1, 2, 3]
        assert [record.cursor for record in genealogy.records().records] == [1, 2, 3]
        for statement in ("UPDATE chain SET kind = 'x'", "DELETE FROM documents", "TRUNCATE events CASCADE"):
            with pytest.raises(DBAPIError, match="append-only"), writing(genealogy.engine) as connection:
                connection.exec_driver_sql(statement)
        report = verify_home(home, url=postgresql)
    assert report.faults == ()
    assert (report.inspections, report.events) == (3, 1)


def test_a_bundle_out_of_postgresql(home: StationHome, postgresql: str, tmp_path: Path):
    with Genealogy.open(home, url=postgresql) as genealogy:
        record = fill(genealogy)
        while genealogy.add_event("note", "cell-3", {"text": "x"}, at=NOW).cursor < 300:
            pass
        (tmp_path / "b.zip").write_bytes(bundle_of(genealogy, record.id))
        sign_checkpoint(genealogy, signer_of_home(home), at=NOW)
        for table in ("checkpoints", "subtrees"):
            with pytest.raises(DBAPIError, match="append-only"), writing(genealogy.engine) as connection:
                connection.exec_driver_sql(f"DELETE FROM {table}")
        report = verify_home(home, url=postgresql)
    assert report.faults == ()
    assert report.signatures.signed == 301
    assert check_bundle(tmp_path / "b.zip").faults == ()
