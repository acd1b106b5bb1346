"""How much is too much."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from station.errors import InputError
from station.facts import facts_of
from station.mes.facts import ApiFacts, is_this_machine
from station.mes.limits import Buckets
from station.mes.tokens import make_token
from tests.genealogy.builders import NOW

from .service import AT_ONCE, Api, problem, served


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_bucket_gives_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    buckets = Buckets(2.0, 5, clock)
    assert [buckets.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]
    assert buckets.take("b") == 0.0
    clock.now_s = 0.25
    assert buckets.take("a") == 0.25  # asking in vain costs nothing
    clock.now_s = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.5]
    clock.now_s = 1000.0
    assert [buckets.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]


def test_a_flood_of_addresses_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.mes.limits._MOST_KEYS", 10)
    buckets = Buckets(1.0, 1, Clock())
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets._levels) == 10


def test_a_token_that_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    with served(tmp_path / "home", ApiFacts(requests_per_s=0.5, burst=5)) as api:
        assert [api.get("/records").status_code for _ in range(5)] == [200] * 5
        refused = api.get("/records")
        assert "too many requests" in problem(refused, 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 2
        assert api.get("/records", "quality").status_code == 200


def test_an_address_that_asks_too_often_waits(tmp_path: Path) -> None:
    with served(tmp_path / "home", ApiFacts(requests_per_s=0.5, burst=5, address_factor=1.0)) as api:
        statuses = [api.get("/health", "").status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        problem(api.get("/records"), 429)


def test_wrong_tokens_are_counted_slowed_and_lock_nobody_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = {"Authorization": "Bearer st_" + "A" * 43}
    with served(tmp_path / "home", replace(AT_ONCE, wrong_tokens_per_minute=3)) as api:
        before = api.genealogy.events(limit=1)
        with caplog.at_level(logging.WARNING, "station.mes"):
            answers = [api.http.get("/v1/records", headers=wrong) for _ in range(5)]
        assert [one.status_code for one in answers] == [401, 401, 401, 429, 429]
        assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="station", error="invalid_token"'
        assert int(answers[4].headers["Retry-After"]) in (19, 20)
        assert api.get("/records").status_code == 200  # the right one of this address comes through
        assert "station_api_wrong_tokens_total 5" in api.get("/metrics").text
        assert api.genealogy.events(limit=1) == before  # whoever knocks does not write in the record
    assert [record.message for record in caplog.records] == [
        "a wrong, expired or revoked token came from 127.0.0.1"
    ] * 3
    assert "AAAA" not in caplog.text


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "bearer x", "Bearer st_", "Token st_x", "Bearer a b", "\xff"],
)
def test_what_is_no_token(still: Api, header: str) -> None:
    answer = still.http.get("/v1/records", headers={b"Authorization": header.encode("latin-1")})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_nothing_but_health_and_the_description_is_open(still: Api) -> None:
    document = still.get("/openapi.json", "").json()
    for path, methods in document["paths"].items():
        for method, what in methods.items():
            answer = still.ask(method.upper(), path.replace("{", "").replace("}", ""), "")
            if path == "/health":
                assert "security" not in what
                assert answer.status_code == 200
            else:
                assert what["security"] == [{"token": []}], path
                problem(answer, 401)


def test_the_description_says_all_answers(still: Api) -> None:
    document = still.get("/openapi.json", "").json()
    assert document["servers"] == [{"url": "/v1"}]
    assert json.dumps(document).count("HTTPValidationError") == 0
    for methods in document["paths"].values():
        for what in methods.values():
            assert {"401", "403", "404", "413", "422", "429", "500"} <= set(what["responses"])
            assert what["summary"]


def test_a_token_that_expires_in_between(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api:
        _, secret = make_token(api.genealogy, "old", "mes", by="test", at=NOW.replace(year=2020), days=30)
        answer = api.http.get("/v1/records", headers={"Authorization": f"Bearer {secret}"})
        assert "has expired" in problem(answer, 401)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"tls_key": "key.pem"}, "both tls_certificate and tls_key"),
        ({"plain_http": True}, "plain_http_reason"),
        ({"requests_per_s": 0}, "api.requests_per_s: this must be more than 0"),
        ({"burst": 0}, "api.burst: this must be at least 1"),
        ({"ports": 1}, "the key 'ports' is unknown here"),
    ],
)
def test_facts_that_cannot_be(facts: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        facts_of(ApiFacts, facts, "api")


def test_which_addresses_are_this_machine() -> None:
    assert all(map(is_this_machine, ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_this_machine, ("", "10.0.0.1", "::ffff:10.0.0.1", "localhost", "127.0.0.1.evil")))
