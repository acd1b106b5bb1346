"""Tokens: made, kept as hashes, expired, revoked; and the commands for them."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from station.errors import InputError
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.mes.tokens import MADE, REVOKED, Role, find_token, list_tokens, make_token, revoke_token
from tests.cli.program import station
from tests.genealogy.builders import NOW, at

from .service import Api, problem


@pytest.fixture
def genealogy(tmp_path: Path) -> Genealogy:
    return Genealogy.open(StationHome(tmp_path / "home"))


def test_the_secret_is_told_once_and_kept_nowhere(genealogy: Genealogy) -> None:
    token, secret = make_token(genealogy, "SAP", "mes", by="anna", at=NOW)
    assert re.fullmatch(r"st_[A-Za-z0-9_-]{43}", secret)  # 256 bits in base64url
    assert find_token(genealogy, secret, NOW) == token
    genealogy.close()
    files = [path for path in genealogy.home.path.rglob("*") if path.is_file()]
    assert all(secret.encode() not in path.read_bytes() for path in files)
    with sqlite3.connect(genealogy.home.database) as database:
        assert database.execute("SELECT hash FROM tokens").fetchall() == [
            (hashlib.sha256(secret.encode()).hexdigest(),)
        ]


def test_two_tokens_have_nothing_in_common(genealogy: Genealogy) -> None:
    (first, one), (second, two) = (make_token(genealogy, "SAP", "mes", by="anna", at=NOW) for _ in range(2))
    assert first.id != second.id
    assert one != two


@pytest.mark.parametrize("secret", ["", "st_", "st_" + "A" * 43, "\udcff", "st_ü", "x" * 100_000])
def test_what_was_never_made_is_no_token(genealogy: Genealogy, secret: str) -> None:
    make_token(genealogy, "SAP", "mes", by="anna", at=NOW)
    assert find_token(genealogy, secret, NOW) is None


def test_a_token_expires_to_the_millisecond(genealogy: Genealogy) -> None:
    token, secret = make_token(genealogy, "SAP", "mes", by="anna", at=NOW, days=1)
    day = timedelta(days=1)
    assert find_token(genealogy, secret, NOW + day - timedelta(milliseconds=1)) == token
    assert find_token(genealogy, secret, NOW + day) is None
    assert token.state(NOW + day) == "expired"


def test_a_revoked_token_counts_no_more_and_is_still_listed(genealogy: Genealogy) -> None:
    token, secret = make_token(genealogy, "SAP", "mes", by="anna", at=NOW)
    revoked = revoke_token(genealogy, token.id, by="ben", at=at(60))
    assert find_token(genealogy, secret, at(60)) is None
    assert list_tokens(genealogy) == (revoked,)
    assert revoked.state(at(60)) == "revoked"
    with pytest.raises(InputError, match="revoked before"):
        revoke_token(genealogy, token.id, by="ben", at=at(61))
    with pytest.raises(InputError, match="no token with this id"):
        revoke_token(genealogy, "nothing", by="ben", at=at(61))


def test_the_record_says_who_made_and_revoked_it(genealogy: Genealogy) -> None:
    token, _ = make_token(genealogy, "Customer 7", "customer", by="anna", at=NOW, order_id="MO-7", days=30)
    revoke_token(genealogy, token.id, by="ben", at=at(60))
    made, revoked = genealogy.events(MADE, token.id)[0], genealogy.events(REVOKED, token.id)[0]
    assert made.payload == {
        "name": "Customer 7", "role": "customer", "order_id": "MO-7", "expires": "2026-12-22T09:12:03.512Z",
        "by": "anna",
    }  # fmt: skip
    assert revoked.payload == {"name": "Customer 7", "by": "ben"}
    genealogy.close()
    assert verify_home(genealogy.home).faults == ()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"role": "root"}, "'root' is not a role; there are operator, quality, mes, customer"),
        ({"role": "customer"}, "a customer's token is for exactly one order"),
        ({"order_id": "MO-1"}, "no other token is for one"),
        ({"name": ""}, "1 to 64 printable characters"),
        ({"name": "a\nb"}, "1 to 64 printable characters"),
        ({"days": 0}, "1 to 3660 days"),
    ],
)
def test_an_impossible_token_is_refused_in_a_sentence(
    genealogy: Genealogy, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        make_token(genealogy, **{"name": "SAP", "role": "mes", "by": "anna", "at": NOW, **changes})  # type: ignore[arg-type]
    assert list_tokens(genealogy) == ()
    assert genealogy.events() == ()


def test_the_commands(tmp_path: Path) -> None:
    made = station(tmp_path, "token", "add", "SAP", "--role", "mes", "--days", "90")
    assert made.status == 0
    secret = made.out.strip()
    assert re.fullmatch(r"st_[A-Za-z0-9_-]{43}", secret)
    listed = station(tmp_path, "token", "list", "--json").document["tokens"]
    assert [(one["name"], one["role"], one["state"]) for one in listed] == [("SAP", "mes", "valid")]
    assert secret not in station(tmp_path, "token", "list", "--json").out
    assert "SAP" in station(tmp_path, "token", "list").out
    assert station(tmp_path, "token", "revoke", listed[0]["id"]).status == 0
    assert station(tmp_path, "token", "list", "--json").document["tokens"][0]["state"] == "revoked"
    assert "customer's token" in station(tmp_path, "token", "add", "X", "--role", "customer").sentence
    assert "no token with this id" in station(tmp_path, "token", "revoke", "x").sentence


def test_revoking_works_on_the_running_station(api: Api) -> None:
    assert api.get("/records").status_code == 200
    token = next(one for one in list_tokens(api.genealogy) if one.role is Role.MES)
    revoke_token(api.genealogy, token.id, by="anna", at=NOW)
    assert "was revoked" in problem(api.get("/records"), 401)
    assert api.get("/records", "quality").status_code == 200
