"""Whatever machines ask of the API, the operator's page comes at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from station.genealogy.dossier import Dossier
from station.genealogy.exports.formats import Format
from station.mes import source
from station.mes.threads import EXPORTS_WAITING_EACH

from .service import ORDER_ID, Api, order_bytes, problem, served, two_orders

MANY = 60  # more than the 40 threads that a server has by default
PROMPT_S = 3.0


class Slow:
    """Work that takes until it may end; how much of it was done at once."""

    def __init__(self) -> None:
        self.may_end, self.begun, self.most, self._now = threading.Event(), threading.Event(), 0, 0
        self._lock = threading.Lock()

    def __call__(self, dossier: Dossier | None = None) -> bytes:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.begun.set()
        self.may_end.wait(60.0)
        with self._lock:
            self._now -= 1
        return b"done"


@contextmanager
def asked_for(api: Api, ask: Callable[[], httpx.Response], slow: Slow) -> Iterator[list[httpx.Response]]:
    """`MANY` such requests at once while the block runs; their answers after it."""
    answers: list[httpx.Response] = []
    with ThreadPoolExecutor(MANY) as pool:
        try:
            asked = [pool.submit(ask) for _ in range(MANY)]
            assert slow.begun.wait(30.0)
            time.sleep(0.5)
            yield answers
        finally:
            slow.may_end.set()
        answers += [one.result() for one in asked]


def assert_page_is_prompt(api: Api) -> None:
    began = time.monotonic()
    with httpx.Client(base_url=str(api.http.base_url), trust_env=False, timeout=PROMPT_S) as browser:
        assert "RING-4" in browser.get(f"/parts/{api.genealogy.records().records[0].id}").text
        assert browser.get("/").status_code == 200
    assert time.monotonic() - began < PROMPT_S


def get(api: Api, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api.secrets['quality']}"}
    return httpx.get(f"{api.http.base_url}/v1{path}", headers=headers, timeout=60.0, trust_env=False)


def test_slow_exports_take_turns(tmp_path: Path) -> None:
    slow = Slow()
    with served(tmp_path / "home", fill=two_orders, formats={"slow": Format(".txt", "text/plain", slow)}) as api:
        id = api.genealogy.records().records[0].id
        with asked_for(api, lambda: get(api, f"/records/{id}/exports/slow"), slow) as answers:
            assert_page_is_prompt(api)
            assert api.get(f"/records/{id}").status_code == 200  # and what is quick
        assert slow.most == 1
        refused = [one for one in answers if one.status_code != 200]
        assert len(answers) - len(refused) == EXPORTS_WAITING_EACH
        assert {problem(one, 429) for one in refused} == {"too many exports are asked for already"}
        assert all(int(one.headers["Retry-After"]) > 0 for one in refused)


def test_a_slow_export_does_not_hold_up_the_end(tmp_path: Path) -> None:
    slow = Slow()
    with ThreadPoolExecutor(1) as pool:
        try:
            with served(
                tmp_path / "home", fill=two_orders, formats={"slow": Format(".txt", "text/plain", slow)}
            ) as api:
                id = api.genealogy.records().records[0].id
                asked = pool.submit(get, api, f"/records/{id}/exports/slow")
                assert slow.begun.wait(30.0)
                began = time.monotonic()
            assert time.monotonic() - began < 4.0
            assert isinstance(asked.exception(10.0), httpx.HTTPError) or asked.result().status_code == 500
        finally:
            slow.may_end.set()


def test_many_slow_reads_leave_the_pages_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    with served(tmp_path / "home", fill=two_orders) as api:
        family_of = source.family_of

        def slowly(*args: object) -> object:
            slow()
            return family_of(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(source, "family_of", slowly)
        with asked_for(api, lambda: get(api, f"/orders/{ORDER_ID}/genealogy"), slow) as answers:
            assert_page_is_prompt(api)
        assert {one.status_code for one in answers} == {200}


def test_many_orders_at_once_are_all_taken(api: Api) -> None:
    """They wait for their turn; none is lost and none is refused."""
    slow = Slow()
    slow.begun.set()
    numbers = iter(range(MANY))

    def send() -> httpx.Response:
        number = next(numbers)
        name = f"MO-{number + 100}"
        headers = {"Authorization": f"Bearer {api.secrets['mes']}", "Content-Type": "application/json"}
        return httpx.put(
            f"{api.http.base_url}/v1/orders/{name}", content=order_bytes(name, f"S-{number}"), headers=headers,
            timeout=60.0, trust_env=False,
        )  # fmt: skip

    with asked_for(api, send, slow) as answers:
        assert_page_is_prompt(api)
    assert [one.status_code for one in answers] == [201] * MANY
