"""Time stamps by an authority that is openssl's, over HTTP, and checked by openssl."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from station.errors import InputError
from station.genealogy.home import StationHome
from station.genealogy.proof import keeper, stamps
from station.genealogy.proof.bundle_check import check_bundle
from station.genealogy.proof.checkpoints import TIME_STAMP, newest
from station.genealogy.proof.keeper import CheckpointFacts, Keeper
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

from ..builders import NOW, at, draft, evidence
from .made import ORIGIN, bundle_of, fill, packed, unpacked
from .test_bundle_document import by_hand, key_of

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = A time-stamping authority
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
authorityKeyIdentifier = keyid
[stamping]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
certs = ca.pem
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """Answers as openssl does, or as it is told to."""

    folder: Path
    url: str = ""
    certificates: Path = Path()
    answer: bytes | None = None
    asked: list[bytes] = field(default_factory=list)

    def reply(self, query: bytes) -> bytes:
        self.asked.append(query)
        if self.answer is not None:
            return self.answer
        (self.folder / "query").write_bytes(query)
        openssl(
            self.folder,
            "ts",
            "-reply",
            "-queryfile",
            "query",
            "-config",
            "conf",
            "-section",
            "stamping",
            "-out",
            "reply",
        )
        return (self.folder / "reply").read_bytes()


def openssl(folder: Path, *arguments: object) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    (folder / "conf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    for name in ("ca", "tsa", "other"):
        openssl(folder, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{name}.key")
    for name in ("ca", "other"):
        openssl(
            folder, "req", "-x509", "-new", "-key", f"{name}.key", "-days", 9, "-config", "conf", "-extensions", "ca",
            "-out", f"{name}.pem", "-subj", f"/CN={name}",
        )  # fmt: skip
    openssl(folder, "req", "-new", "-key", "tsa.key", "-config", "conf", "-out", "tsa.csr")
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", 9,
        "-extfile", "conf", "-extensions", "tsa", "-out", "tsa.pem",
    )  # fmt: skip
    return folder


@pytest.fixture
def authority(issued: Path) -> Iterator[Authority]:
    found = Authority(issued, certificates=issued / "ca.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            reply = found.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stamp_that_openssl_accepts(authority: Authority, tmp_path: Path):
    roots = stamps.certificates(authority.certificates)
    stamp = stamps.ask(authority.url, b"a note\n", roots, timeout_s=10.0)
    assert abs((stamp.moment - datetime.now(UTC)).total_seconds()) < 60
    assert stamp.authorities == ("CN=ca",)
    (tmp_path / "token").write_bytes(stamp.token)
    (tmp_path / "data").write_bytes(b"a note\n")
    check = ("ts", "-verify", "-in", "token", "-token_in", "-data", "data", "-CAfile", authority.certificates)
    assert "OK" in subprocess.run(["openssl", *map(str, check)], cwd=tmp_path, capture_output=True, text=True).stdout
    assert stamps.check(stamp.token, b"a note\n", roots, "here") == stamp
    with pytest.raises(InputError, match="over something else"):
        stamps.check(stamp.token, b"another note\n", roots, "here")
    with pytest.raises(InputError, match="no authority given vouches"):
        stamps.check(stamp.token, b"a note\n", stamps.certificates(authority.folder / "other.pem"), "here")


def test_wrong_answers_are_refused(authority: Authority):
    good = stamps.ask(authority.url, b"x", (), timeout_s=10.0)
    replayed = (authority.folder / "reply").read_bytes()
    for answer in (b"", b"no", b"\x30\x05\x30\x03\x02\x01\x02", replayed, replayed[:-20], bytes(70_000), good.token):
        authority.answer = answer
        with pytest.raises(InputError) as caught:
            stamps.ask(authority.url, b"x", (), timeout_s=10.0)
        assert caught.value.place == authority.url
    with pytest.raises(InputError, match="does not answer"):
        stamps.ask("http://127.0.0.1:9/", b"x", (), timeout_s=1.0)
    with pytest.raises(InputError, match="not the address"):
        stamps.ask("file:///etc/passwd", b"x", (), timeout_s=1.0)
    with pytest.raises(InputError, match="not certificates"):
        stamps.certificates(authority.folder / "ca.key")


def kept(genealogy: Genealogy, authority: Authority, said: list[str]) -> Keeper:
    facts = CheckpointFacts(every_entries=1, tsa_url=authority.url, tsa_certificates=str(authority.certificates))
    return Keeper(genealogy, facts, ORIGIN, lambda: NOW, said.append)


def test_an_authority_that_comes_back_is_asked_again(
    authority: Authority, home: StationHome, monkeypatch: pytest.MonkeyPatch
):
    now_s = 1000.0
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now_s)
    said: list[str] = []
    authority.answer = b"out of order"
    with Genealogy.open(home) as genealogy:
        one = kept(genealogy, authority, said)
        genealogy.commit(draft(), evidence(), committed=at(1))
        for _ in range(3):
            now_s += keeper.RETRY_S
            one.look()
        assert newest(genealogy).checkpoint.size == 2, "signed without a stamp"  # type: ignore[union-attr]
        assert len(said) == 1
        assert "not a time stamp" in said[0]
        asked = len(authority.asked)
        one.look()
        assert len(authority.asked) == asked, "not at every look"
        authority.answer = None
        for _ in range(4):
            now_s += keeper.RETRY_S + 86_400
            one.look()
        (event,) = genealogy.events(TIME_STAMP)
        assert event.payload["size"] == 2
        assert newest(genealogy).checkpoint.size == 2, "a stamp alone calls for no checkpoint"  # type: ignore[union-attr]
        assert len(authority.asked) == asked + 1
        genealogy.commit(draft(), evidence(1), committed=at(2))
        one.look()
        assert [event.payload["size"] for event in genealogy.events(TIME_STAMP)] == [4, 2]
    report = verify_home(home)
    assert report.faults == ()
    assert report.signatures.time_stamps == 2


def test_a_stamp_over_another_checkpoint_is_found(authority: Authority, home: StationHome):
    with Genealogy.open(home) as genealogy:
        one = kept(genealogy, authority, [])
        one.sign()
        stamp = stamps.ask(authority.url, b"something else", (), timeout_s=10.0)
        payload = {"size": 1, "time": "2026-01-01T00:00:00.000Z", "authorities": []}
        genealogy.add_event(TIME_STAMP, "checkpoint 1", payload, at=at(1), document=stamp.token)
        genealogy.add_event(TIME_STAMP, "checkpoint 7", {**payload, "size": 7}, at=at(1), document=b"x")
    faults = [f"{fault.place}: {fault.sentence}" for fault in verify_home(home).faults]
    assert faults == [
        "chain 2: checkpoint 1: this time stamp is over something else",
        "chain 3: checkpoint 7: the checkpoint that was dated is missing",
    ]


def test_a_dated_bundle(authority: Authority, home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        record = fill(genealogy)
        one = kept(genealogy, authority, [])
        one.look()
        genealogy.commit(draft(serial="LATER"), evidence(50), committed=at(30))
        files = unpacked(bundle_of(genealogy, record.id, 40))
    report = check_bundle(packed(files, tmp_path / "b.zip"))
    assert report.faults == ()
    assert report.dated is not None
    assert report.checkpoint == 18, "the newest; what was dated is the one before"
    certificates = {"TSA_CERTIFICATES": str(authority.certificates)}
    output = by_hand(files, tmp_path / "b", key_of(files), **certificates)
    assert "BROKEN" not in output
    assert "Verification: OK" in output
    assert "Time stamp: " in output
    assert "time/proof.json ok" in output
    for name in ("time/checkpoint.txt", "time/token.tst", "time/proof.json"):
        changed = bytearray(files[name])
        changed[-20 if name.endswith("tst") else len(changed) // 3] ^= 1  # at the end of a token is its signature
        tampered = {**files, name: bytes(changed)}
        output = by_hand(tampered, tmp_path / name.replace("/", "-"), key_of(files), **certificates)
        assert f"{name}: FAILED" in output
        assert output.count("BROKEN") >= 2, output
        report = check_bundle(packed(tampered, tmp_path / "b.zip"))
        assert any(fault.place == name for fault in report.faults)
