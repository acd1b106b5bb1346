from __future__ import annotations

import hashlib
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from station.errors import InputError, ServiceError
from station.facts import facts_of
from station.genealogy.follower import Follower
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.mes.push.post import post
from station.mes.push.webhook import WebhookFacts, webhook
from tests.genealogy.builders import at, draft, evidence

from .conftest import Start, now
from .receiver import KEY_TEXT, Receiver, make_certificate, until


def commit(genealogy: Genealogy, count: int = 1, **changes: Any) -> list[str]:
    return [genealogy.commit(draft(**changes), evidence(n, size=20), committed=now()).id for n in range(count)]


def hook(genealogy: Genealogy, url: str, **changes: Any) -> Follower:
    facts = WebhookFacts(**{"name": "mes", "url": url, "secret_file": "mes.secret", "timeout_s": 1.0, **changes})
    return webhook(facts, genealogy, now, pause=Pause(first_s=0.01, most_s=0.2))


def ids(receiver: Receiver) -> list[str]:
    return [id for id, _, _ in receiver.got]


def test_a_message(genealogy: Genealogy, receiver: Receiver, start: Start):
    one = hook(genealogy, receiver.url, api_url="https://cell-3.plant.example", start="beginning")
    committed = genealogy.commit(draft(operation="OP20"), evidence(7), committed=at(2))
    start(one.run)
    until(lambda: len(receiver.accepted) == 1)
    id, message, headers = receiver.got[0]
    entry = genealogy.entry(committed.id)
    base = "https://cell-3.plant.example/v1"
    frame = committed.frames[0].sha256
    assert id == committed.id
    assert message == {
        "type": "inspection.committed",
        "timestamp": entry.committed,
        "data": {
            "id": committed.id,
            "position": 1,
            "sha256": hashlib.sha256(entry.body).hexdigest(),
            "chain_hash": entry.hash,
            "order_id": "MO-2026-000417",
            "serial": "RING-237-0001",
            "operation": "OP20",
            "attempt": 1,
            "verdict": "PASS",
            "reason": "",
            "station": "cell-3",
            "simulated": True,
            "finished": "2026-11-22T09:12:05.012Z",
            "order_sha256": committed.order_sha256,
            "url": f"{base}/records/{committed.id}",
            "overlay_url": f"{base}/records/{committed.id}/overlay",
            "frames": [{"view": "backlight", "sha256": frame, "url": f"{base}/frames/{frame}"}],
        },
    }
    assert headers["Content-Type"] == "application/json"
    assert receiver.forged == 0


def test_events_and_what_is_filtered(genealogy: Genealogy, receiver: Receiver, start: Start):
    start(hook(genealogy, receiver.url, verdicts=("FAIL", "ERROR"), start="beginning").run)
    commit(genealogy, 2)
    genealogy.add_overlay("some-id", b"\x89PNG drawn", at=at(1))
    genealogy.add_event("disposition", "some-id", {"decision": "scrap", "by": "kim"}, at=at(2), document=b"{}")
    failed = commit(genealogy, verdict="FAIL")
    until(lambda: len(receiver.accepted) == 2)
    assert ids(receiver)[1:] == failed
    event = receiver.got[0][1]
    assert event["type"] == "event.committed"
    assert event["data"]["kind"] == "disposition"
    assert event["data"]["payload"] == {"decision": "scrap", "by": "kim"}
    digest = hashlib.sha256(b"{}").hexdigest()
    assert event["data"]["document_sha256"] == digest
    assert event["data"]["document_url"] == f"/v1/documents/{digest}"


def test_a_large_payload_stays_in_the_record(genealogy: Genealogy, receiver: Receiver, start: Start):
    start(hook(genealogy, receiver.url, start="beginning").run)
    genealogy.add_event("shift-check", "cam", {"frames": ["ab" * 32] * 400}, at=at(1))
    until(lambda: len(receiver.accepted) == 1)
    assert receiver.got[0][1]["data"]["payload"] is None


def test_a_new_receiver_gets_nothing_of_the_past(genealogy: Genealogy, receiver: Receiver, start: Start):
    commit(genealogy, 3)
    one = hook(genealogy, receiver.url)
    start(one.run)
    until(lambda: one.status().position == 3)
    later = commit(genealogy, 2)
    until(lambda: len(receiver.accepted) == 2)
    assert ids(receiver) == later


def test_answers_that_mean_later(genealogy: Genealogy, receiver: Receiver, start: Start):
    """Whatever goes wrong, the order stays and nothing is lost; tries of one message have one id and fresh times."""

    def hang_up(handler: Any) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    def half_an_answer(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 20")
        handler.connection.shutdown(socket.SHUT_RDWR)

    def nonsense(handler: Any) -> None:
        handler.wfile.write(b"\x00\xff" * 50 + b"\r\n\r\n")

    receiver.script = [
        500, 503, 404, 401, 410, (302, {"Location": "http://127.0.0.1:1/"}), (429, {"Retry-After": "0"}),
        (429, {"Retry-After": "in a while"}), (503, {"Retry-After": format_datetime(datetime.now(UTC))}),
        hang_up, half_an_answer, nonsense,
    ]  # fmt: skip
    troubles = len(receiver.script)
    one = hook(genealogy, receiver.url, start="beginning")
    sent = commit(genealogy, 3)
    start(one.run)
    until(lambda: len(receiver.accepted) == 3)
    assert ids(receiver) == [sent[0]] * (troubles + 1) + sent[1:]
    assert receiver.accepted == sent
    until(lambda: one.status().sentence == "")
    assert verify_home(genealogy.home).events == 0


def test_sentences_name_receiver_and_cause(genealogy: Genealogy, receiver: Receiver, start: Start):
    receiver.script = [500] * 500
    one = hook(genealogy, receiver.url, start="beginning")
    commit(genealogy)
    start(one.run)
    until(lambda: one.status().sentence == "webhook mes: it answers 500")
    receiver.script = [(307, {"Location": "https://elsewhere.example"})] * 500
    until(lambda: one.status().sentence == "webhook mes: it redirects (307), which is not followed")
    receiver.close()
    until(lambda: one.status().sentence == "webhook mes: it cannot be reached (Connection refused)")
    assert one.status().behind == 1
    receiver.close = lambda: None  # type: ignore[method-assign]


def test_retry_after_is_heeded(genealogy: Genealogy, receiver: Receiver, start: Start):
    receiver.script = [(429, {"Retry-After": "1"})]
    facts = WebhookFacts(name="mes", url=receiver.url, secret_file="mes.secret", start="beginning")
    commit(genealogy)
    start(webhook(facts, genealogy, now, pause=Pause(first_s=0.01, most_s=10.0)).run)
    until(lambda: len(receiver.got) == 2)
    first, second = (int(headers["webhook-timestamp"]) for _, _, headers in receiver.got)
    assert second - first >= 1
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30))
    from station.mes.push.webhook import _asked_s

    assert 28 < _asked_s(later, now()) <= 30
    assert _asked_s("Wed, 21 Oct 2015 07:28:00 GMT", now()) == 0
    assert _asked_s("9" * 400, now()) == 999_999_999


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_a_refused_message_is_given_up_recorded_and_not_told(
    genealogy: Genealogy, receiver: Receiver, start: Start, status: int
):
    receiver.script = [204, status, status, status]
    one = hook(genealogy, receiver.url, start="beginning", tries_if_refused=3)
    sent = commit(genealogy, 3)
    start(one.run)
    until(lambda: len(receiver.accepted) == 2)
    until(lambda: one.status().behind == 0)
    assert receiver.accepted == [sent[0], sent[2]]
    assert ids(receiver) == [sent[0], *[sent[1]] * 3, sent[2]]
    (event,) = genealogy.events("push-given-up")
    assert event.subject == sent[1]
    reason = f"webhook mes: it answers {status}"
    assert event.payload == {"receiver": "mes", "position": 2, "tries": 3, "reason": reason}
    time.sleep(0.7)
    assert len(receiver.got) == 5, "that something was not taken is no message"


def test_a_receiver_whose_name_is_looked_up_too_long(monkeypatch: pytest.MonkeyPatch, receiver: Receiver):
    """When the time is up there is no socket yet to cut; what is connected then must not be used."""
    look_up = socket.getaddrinfo

    def slow(*arguments: Any, **named: Any) -> Any:
        time.sleep(0.5)
        return look_up(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(ServiceError, match=r"within 0\.2 s"):
        post(urlsplit(receiver.url), b"{}", {}, timeout_s=0.2, tls=None, anywhere=False)
    assert receiver.forged == 0, "nothing was sent"


def test_a_slow_receiver_and_one_that_drips(genealogy: Genealogy, receiver: Receiver, start: Start):
    """Silence, then a byte at a time: each read succeeds, and still the whole ends in time."""

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
        for _ in range(100):
            handler.wfile.write(b"a")
            time.sleep(0.05)

    receiver.script = [lambda handler: time.sleep(2.0), drip]
    one = hook(genealogy, receiver.url, start="beginning", timeout_s=0.4)
    commit(genealogy)
    begun = time.monotonic()
    start(one.run)
    until(lambda: one.status().sentence == "webhook mes: it did not answer within 0.4 s")
    until(lambda: len(receiver.accepted) == 1)
    assert time.monotonic() - begun < 2.5


def test_a_receiver_that_is_away_for_a_while(genealogy: Genealogy, start: Start):
    first = Receiver()
    one = hook(genealogy, first.url)
    start(one.run)
    until(lambda: one.status().behind == 0)
    sent = commit(genealogy, 2)
    until(lambda: first.accepted == sent)
    first.close()
    away = commit(genealogy, 5)
    until(lambda: "cannot be reached" in one.status().sentence)
    second = Receiver(port=first.port)
    until(lambda: second.accepted == away)
    second.close()


def test_several_receivers_do_not_wait_for_each_other(genealogy: Genealogy, receiver: Receiver, start: Start):
    dead = hook(genealogy, "http://127.0.0.1:1/", name="dead", start="beginning")
    start(dead.run)
    start(hook(genealogy, receiver.url, start="beginning").run)
    sent = commit(genealogy, 4)
    until(lambda: receiver.accepted == sent)
    assert dead.status().behind == 4


def test_the_cell_commits_while_receivers_keep_silent(genealogy: Genealogy, start: Start):
    """Forty commits are done while four receivers have not answered the first message yet."""
    silent = socket.create_server(("127.0.0.1", 0))  # connects, and never says a word
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    followers = [hook(genealogy, url, name=f"silent-{number}", timeout_s=20.0) for number in range(4)]
    for one in followers:
        start(one.run)
    until(lambda: all(one.status().behind == 0 for one in followers))
    commit(genealogy)
    guests = [silent.accept()[0] for _ in followers]  # all are sending now
    commit(genealogy, 39)
    assert [(one.status().behind, one.status().sentence) for one in followers] == [(40, "")] * 4
    for guest in (*guests, silent):
        guest.close()
    until(lambda: all("webhook silent" in one.status().sentence for one in followers))


def test_tls(genealogy: Genealogy, start: Start):
    """What our own authority signed is taken, nothing else."""
    certificate, _ = make_certificate(genealogy.home.path)
    other = genealogy.home.path / "other"
    other.mkdir()
    make_certificate(other)
    secure = Receiver(certificate)
    sent = commit(genealogy, 2)
    strange = hook(genealogy, secure.url, name="strange", start="beginning")
    wrong = hook(genealogy, secure.url, name="wrong", start="beginning", ca_file="other/ca.pem")
    for one in (strange, wrong):
        start(one.run)
    until(lambda: all("certificate is not accepted" in one.status().sentence for one in (strange, wrong)))
    assert secure.got == []
    start(hook(genealogy, secure.url, start="beginning", ca_file="ca.pem").run)
    until(lambda: secure.accepted == sent)
    secure.close()


def test_tls_for_another_name(genealogy: Genealogy, start: Start):
    certificate, _ = make_certificate(genealogy.home.path, host="elsewhere.example")
    secure = Receiver(certificate)
    one = hook(genealogy, secure.url, start="beginning", ca_file="ca.pem")
    commit(genealogy)
    start(one.run)
    until(lambda: "certificate is not accepted (Hostname mismatch" in one.status().sentence)
    assert secure.got == []
    secure.close()


def test_without_tls_only_to_a_private_network(
    genealogy: Genealogy, receiver: Receiver, start: Start, monkeypatch: pytest.MonkeyPatch
):
    """What counts is the address that is connected to: a name may change its mind."""
    monkeypatch.setattr("station.mes.push.post._is_private", lambda address: address != "127.0.0.1")
    one = hook(genealogy, receiver.url, start="beginning")
    sent = commit(genealogy)
    stop = start(one.run)
    until(lambda: "without TLS nothing is sent there" in one.status().sentence)
    assert receiver.got == []
    stop.set()
    start(hook(genealogy, receiver.url, start="beginning", allow_http=True, name="open").run)
    until(lambda: receiver.accepted == sent)


@pytest.mark.parametrize(
    ("address", "private"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("192.168.7.1", True), ("172.16.0.1", True),
     ("fd00::1", True), ("fe80::1%eth0", True), ("8.8.8.8", False), ("172.32.0.1", False), ("2001:4860::1", False),
     ("::ffff:8.8.8.8", False), ("::ffff:10.1.2.3", True)],
)  # fmt: skip
def test_private_addresses(address: str, private: bool):
    from station.mes.push.post import _is_private

    assert _is_private(address) is private


def test_a_secret_is_changed_while_the_station_runs(genealogy: Genealogy, receiver: Receiver, start: Start):
    secret = genealogy.home.path / "mes.secret"
    one = hook(genealogy, receiver.url)
    start(one.run)
    sent = commit(genealogy, 1)
    until(lambda: one.status().behind == 0)
    secret.write_text("")
    sent += commit(genealogy, 1)
    until(lambda: one.status().sentence == "webhook mes: there is no secret in the file mes.secret")
    secret.write_text(f"whsec_{'B' * 40}\n{KEY_TEXT}\n")
    until(lambda: len(receiver.accepted) >= 1 and receiver.accepted[-1] == sent[-1])
    assert receiver.forged == 0


def test_a_secret_in_the_environment(
    genealogy: Genealogy, receiver: Receiver, start: Start, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STATION_HOOK", KEY_TEXT)
    start(hook(genealogy, receiver.url, secret_file="", secret_variable="STATION_HOOK", start="beginning").run)
    sent = commit(genealogy)
    until(lambda: receiver.accepted == sent)


def test_a_secret_that_everybody_can_read_is_refused(genealogy: Genealogy):
    (genealogy.home.path / "mes.secret").chmod(0o644)
    with pytest.raises(InputError, match="everybody on this computer may read this secret"):
        hook(genealogy, "https://mes.example/")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "ftp://mes.example/"}, "must be an address"),
        ({"url": "https:///x"}, "must be an address"),
        ({"url": "https://mes.example:99999/"}, "must be an address"),
        ({"url": "https://mes.example/a b"}, "must be an address"),
        ({"url": "https://mes.example/a\r\nHost: x"}, "must be an address"),
        ({"url": "https://kim:pw@mes.example/"}, "must not hold a name or a password"),
        ({"name": "../x"}, "a name is"),
        ({"verdicts": ["GOOD"]}, "'GOOD' is not a verdict"),
        ({"start": "yesterday"}, "start must be"),
        ({"secret_file": ""}, "'secret_file' or 'secret_variable' is missing"),
        ({"timeout_s": 0.0}, "timeout_s"),
        ({"tries_if_refused": 0}, "tries_if_refused"),
        ({"longest_pause_s": 0.5}, "longest_pause_s"),
        ({"api_url": "https://x/"}, "api_url"),
        ({"secret": "whsec_x"}, "the key 'secret' is unknown here"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], sentence: str):
    table = {"name": "mes", "url": "https://mes.example/", "secret_file": "s", **changes}
    with pytest.raises(InputError, match=sentence):
        facts_of(WebhookFacts, table, "services.toml: webhook")


def test_files_that_cannot_be_used(genealogy: Genealogy, tmp_path: Path):
    with pytest.raises(InputError, match="there is no such file"):
        hook(genealogy, "https://mes.example/", secret_file="nowhere")
    with pytest.raises(InputError, match=r"certificates in mes\.secret cannot be used"):
        hook(genealogy, "https://mes.example/", ca_file="mes.secret")
    with pytest.raises(InputError, match="not in both"):
        hook(genealogy, "https://mes.example/", secret_variable="X")
