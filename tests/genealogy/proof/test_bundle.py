"""What is in a bundle, and that whatever is done to it is found and named."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.errors import InputError, IntegrityError
from station.genealogy.home import StationHome
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.proof.archive import ArchiveReader
from station.genealogy.proof.bundle_check import check_bundle
from station.genealogy.proof.keys import public_key, signing_key
from station.genealogy.retention import RetentionRule, thin_out
from station.genealogy.store import Genealogy

from ..builders import at, draft, evidence
from .made import bundle_of, fill, packed, signer_of_home, unpacked

Files = dict[str, bytes]


def found(path: Path, **more: object) -> str:
    report = check_bundle(path, **more)  # type: ignore[arg-type]
    assert report.is_intact == (not report.faults)
    return "\n".join(f"{fault.place}: {fault.sentence}" for fault in report.faults)


def refused(path: Path) -> str:
    """What is wrong with a file, be it a bundle or not."""
    try:
        return found(path)
    except InputError as error:
        return str(error)


def test_an_intact_bundle(packed_once: bytes, tmp_path: Path):
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed_once)
    calls: list[tuple[int, int]] = []
    report = check_bundle(path, progress=lambda done, total: calls.append((done, total)))
    assert report.faults == ()
    assert (report.order_id, report.serial) == ("MO-2026-000417", "RING-237-0001")
    assert (report.entries, report.pictures, report.removed, report.checkpoint) == (11, 6, 0, 16)
    assert not report.known
    assert report.dated is None
    assert calls[-1] == (report.files, report.files)
    assert check_bundle(path, known_keys=[report.fingerprint]).known


def test_everything_about_the_part_and_nothing_of_others(files: Files):
    table = json.loads(files["manifest.json"])
    assert [entry["what"] for entry in table["entries"]] == [
        "calibration-accepted", "order-received", "material-consumed", "attempt 1: PASS", "overlay", "attempt 2: PASS",
        "overlay", "attempt 3: PASS", "overlay", "disposition", "signing-key",
    ]  # fmt: skip
    assert sorted({one["role"] for one in table["files"]}) == [
        "calibration", "drawing", "frame backlight", "key", "order", "overlay",
    ]  # fmt: skip
    assert all(one["file"] in files for one in table["files"])
    everything = b"".join(data for name, data in files.items() if name != "README.txt")
    assert b"OTHER" not in everything
    assert b"L-2" not in everything
    assert files["documents/" + hashlib.sha256(evidence().order).hexdigest() + ".json"] == evidence().order
    assert evidence(2).frames[0].data in files.values()


def test_an_order_for_a_part_with_the_same_serial_is_another_ones(home: StationHome):
    with Genealogy.open(home) as genealogy:
        record = fill(genealogy)
        said = {"by": "mes", "serial": "RING-237-0001", "drawing_sha256": None}
        genealogy.add_event(ORDER_RECEIVED, "MO-OTHER", said, at=at(10), document=b"the other customer's")
        everything = b"".join(unpacked(bundle_of(genealogy, record.id)).values())
        assert b"MO-OTHER" not in everything
        assert b"the other customer's" not in everything


def test_the_same_record_gives_the_same_bytes(home: StationHome):
    with Genealogy.open(home) as genealogy:
        record = fill(genealogy)
        once = bundle_of(genealogy, record.id)
        assert bundle_of(genealogy, record.id, 9999) == once
        genealogy.commit(draft(serial="NEXT"), evidence(), committed=at(30))
        assert bundle_of(genealogy, record.id, 9999) != once, "a new checkpoint"


def test_a_bundle_of_an_earlier_attempt_holds_the_later_ones(home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        fill(genealogy)
        first = genealogy.records().records[0]
        path = tmp_path / "b.zip"
        path.write_bytes(bundle_of(genealogy, first.id))
    report = check_bundle(path)
    assert report.faults == ()
    assert (report.inspection, report.entries) == (first.id, 11)


def test_pictures_that_a_rule_removed_are_named(home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        rule = RetentionRule(keep_days=1.0, keep_one_in=2)
        names = sorted((f"i-{number}" for number in range(30)), key=rule.samples)
        for number, name in enumerate((*names[:2], *names[-2:])):  # two that go, two that stay
            record = genealogy.commit(draft(id=name), evidence(number), committed=at(number))
        done = thin_out(genealogy, rule, now=at(1e6), by="retention")
        assert done.pictures == 2
        path = tmp_path / "b.zip"
        path.write_bytes(bundle_of(genealogy, record.id, 2e6))
    report = check_bundle(path)
    assert report.faults == ()
    assert (report.removed, report.pictures) == (done.pictures, 4 - done.pictures)
    table = json.loads(unpacked(path.read_bytes())["manifest.json"])
    assert [one["file"] is None for one in table["files"]] == [one["removed_by"] == 5 for one in table["files"]]
    files = unpacked(path.read_bytes())
    del files[next(name for name in files if name.startswith("entries/000000000005"))]
    assert "entries/000000000005" in found(packed(files, path))


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_record_gives_no_bundle(home: StationHome, damage: str):
    with Genealogy.open(home) as genealogy:
        record = fill(genealogy)
        frame = home.frames / record.frames[0].sha256[:2] / f"{record.frames[0].sha256}.png"
        if damage == "missing":
            frame.unlink()
        else:
            frame.write_bytes(frame.read_bytes()[:-1])
        with pytest.raises(IntegrityError, match=r"nothing says that it was removed|not what was stored"):
            bundle_of(genealogy, record.id)
        with pytest.raises(InputError, match="no inspection"):
            bundle_of(genealogy, "nobody")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_bit_of_any_file_is_found_and_named(files: Files, tmp_path: Path, data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(files)))
    bit = data.draw(st.integers(0, 8 * len(files[name]) - 1))
    changed = bytearray(files[name])
    changed[bit // 8] ^= 1 << bit % 8
    faults = found(packed({**files, name: bytes(changed)}, tmp_path / "b.zip"))
    assert name in faults or name == "SHA256SUMS"
    assert faults


def test_any_flipped_bit_of_the_archive_is_found(packed_once: bytes, tmp_path: Path):
    """Anywhere: headers, names, directory, the bytes of files."""
    chance, path = random.Random(1), tmp_path / "b.zip"
    directory = int.from_bytes(packed_once[-6:-2], "little")
    places = [chance.randrange(len(packed_once)) for _ in range(150)]
    places += [chance.randrange(directory, len(packed_once)) for _ in range(100)]
    places += range(len(packed_once) - 22, len(packed_once))
    for place in places:
        changed = bytearray(packed_once)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(changed))
        assert refused(path), place


def numbers(files: Files) -> list[str]:
    return sorted({name.partition(".")[0] for name in files if name.startswith("entries/")})


PARTS = (".json", ".link", ".proof")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_dropped_duplicated_reordered_and_inserted_entries(files: Files, tmp_path: Path, data: st.DataObject):
    changed = dict(files)
    one, two = data.draw(st.lists(st.sampled_from(numbers(files)), min_size=2, max_size=2, unique=True))
    kind = data.draw(st.sampled_from(["drop", "duplicate", "swap", "insert", "move"]))
    named = one
    if kind == "drop":
        for suffix in PARTS:
            del changed[one + suffix]
    elif kind == "swap":
        for suffix in PARTS:
            changed[one + suffix], changed[two + suffix] = changed[two + suffix], changed[one + suffix]
    elif kind == "move":  # only the sequence of the archive
        last = changed.pop(f"{one}.json")
        changed[f"{one}.json"] = last
        named = ""
    else:
        named = "entries/" + str(data.draw(st.integers(10**6, 10**9))).zfill(12)
        for suffix in PARTS:
            changed[named + suffix] = files[one + suffix] if kind == "duplicate" else b"{}"
    faults = found(packed(changed, tmp_path / "b.zip"))
    assert named in faults
    assert faults


def relisted(files: Files, folder: Path) -> Files:
    """The list made anew and signed by another key, as a careful forger does who has not the station's."""
    key = signing_key(folder)
    listed = {name: data for name, data in files.items() if not name.startswith("SHA256SUMS")}
    listed["key.pem"] = key.public.pem
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in listed.items()).encode()
    return {**listed, "SHA256SUMS": sums, "SHA256SUMS.sig": key.sign(sums)}


def with_frames_swapped(files: Files) -> Files:
    one, two = sorted(name for name in files if name.startswith("frames/"))[:2]
    return {**files, one: files[two], two: files[one]}


def with_a_changed_value(files: Files) -> Files:
    name = "entries/000000000008"
    body = files[f"{name}.json"].replace(b"23.6684", b"23.7000")
    lines = files[f"{name}.link"].decode().splitlines()
    lines[5] = hashlib.sha256(body).hexdigest()
    return {**files, f"{name}.json": body, f"{name}.link": "".join(f"{line}\n" for line in lines).encode()}


def without_an_attempt(files: Files) -> Files:
    return {name: data for name, data in files.items() if "000000000008" not in name}


def with_another_file(files: Files) -> Files:
    return {**files, "frames/" + "0" * 64 + ".png": b"x", "notes/more.txt": b"y"}


def with_the_picture_of_another_part(files: Files) -> Files:
    name = next(name for name in files if name.startswith("frames/"))
    return {**{key: data for key, data in files.items() if key != name}, f"frames/{'1' * 64}.png": files[name]}


def with_another_table(files: Files) -> Files:
    return {**files, "manifest.json": files["manifest.json"].replace(b"RING-237-0001", b"RING-237-0002")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (dict, "no entry of the chain names this key"),
        (with_frames_swapped, "is not the frame backlight that entry"),
        (with_a_changed_value, "entries/000000000008.proof: this is not a proof of entry 8 among 16"),
        (without_an_attempt, "attempt 3 stands where attempt 2 is due"),
        (with_another_file, "notes/more.txt: a bundle has no such file"),
        (with_the_picture_of_another_part, "is missing; entry 5 refers to it"),
        (with_another_table, "manifest.json: it says something else"),
    ],
)
def test_a_careful_forger_without_the_key(
    files: Files, tmp_path: Path, change: Callable[[Files], Files], expected: str
):
    faults = found(packed(relisted(change(files), tmp_path), tmp_path / "b.zip"))
    assert "no entry of the chain names this key" in faults
    assert expected in faults
    assert "not what was signed" not in faults, "the list itself agrees"


def test_a_whole_record_made_anew_is_found_by_the_key_noted_elsewhere(files: Files, tmp_path: Path):
    with Genealogy.open(StationHome(tmp_path / "forged")) as genealogy:
        path = packed(unpacked(bundle_of(genealogy, fill(genealogy).id)), tmp_path / "b.zip")
    true = public_key(files["key.pem"], "").fingerprint
    assert found(path) == "", "it agrees with itself, and the report says that the key was not compared"
    assert not check_bundle(path).known
    assert "key.pem: the bundle was signed by the key" in found(path, known_keys=[true])
    assert "checkpoint.txt: signed by the key" in found(path, known_keys=[true])


def test_a_checkpoint_of_another_station(files: Files, home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        other = unpacked(bundle_of(genealogy, fill(genealogy).id))
    faults = found(packed({**files, "checkpoint.txt": other["checkpoint.txt"]}, tmp_path / "b.zip"))
    assert "checkpoint.txt: none of the station's keys" in faults
    assert faults.count("does not lead to the root") == 11


def zipped(entries: list[tuple[zipfile.ZipInfo | str, bytes]], path: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_archives_are_refused(tmp_path: Path):
    path = tmp_path / "b.zip"
    for entries, method in (
        ([("manifest.json", b"0" * 10_000_000)], zipfile.ZIP_DEFLATED),  # a bomb
        ([("../manifest.json", b"{}")], zipfile.ZIP_STORED),
        ([("/etc/passwd", b"{}")], zipfile.ZIP_STORED),
        ([("a/../../b", b"{}")], zipfile.ZIP_STORED),
        ([("ä", b"{}")], zipfile.ZIP_STORED),
        ([("a\\b", b"{}")], zipfile.ZIP_STORED),
        ([("x" * 65_000, b"{}")], zipfile.ZIP_STORED),
        ([(link("manifest.json"), b"/etc/passwd")], zipfile.ZIP_STORED),
        ([("manifest.json", b"{}"), ("manifest.json", b"[]")], zipfile.ZIP_STORED),
        ([(f"f{n}", b"") for n in range(20_001)], zipfile.ZIP_STORED),
        ([], zipfile.ZIP_STORED),
    ):
        with pytest.raises(InputError, match="not a bundle as the station packs it"):
            check_bundle(zipped(entries, path, method))


@pytest.mark.parametrize("change", ["empty", "text", "cut", "behind", "before", "between", "twice"])
def test_what_is_no_archive_is_refused(packed_once: bytes, tmp_path: Path, change: str):
    changed = {
        "empty": b"",
        "text": b"PK" * 100,
        "cut": packed_once[:-1],
        "behind": packed_once + b"\0",
        "before": b"#!" + packed_once,
        "between": packed_once[:-22] + b"\0" + packed_once[-22:],
        "twice": packed_once + packed_once,
    }[change]
    path = tmp_path / "b.zip"
    path.write_bytes(changed)
    with pytest.raises(InputError, match="not a bundle"):
        check_bundle(path)


def test_two_files_of_one_name_as_the_station_packs(files: Files, tmp_path: Path):
    from station.genealogy.proof.archive import ArchiveWriter

    stream = io.BytesIO()
    archive = ArchiveWriter(stream)
    for name, data in [*files.items(), ("manifest.json", b"{}")]:
        archive.add(name, data)
    archive.close()
    with pytest.raises(InputError, match="two files of this name"):
        ArchiveReader(stream, "b.zip")


def test_huge_and_senseless_files_never_crash_the_check(files: Files, tmp_path: Path):
    path = tmp_path / "b.zip"
    wrong = [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"schema": "bundle/1", "files": 3}',
        b"9" * 9_000_000,
    ]
    for name in ("manifest.json", "SHA256SUMS", "key.pem", "checkpoint.txt", "entries/000000000005.json",
                 "entries/000000000005.link", "entries/000000000005.proof", "SHA256SUMS.sig"):  # fmt: skip
        for data in wrong:
            assert found(packed({**files, name: data}, path))
        assert name in found(packed({key: data for key, data in files.items() if key != name}, path))
        assert found(packed(relisted({**files, name: b'{"id": []}'}, tmp_path), path))


def test_a_replaced_key(home: StationHome, tmp_path: Path):
    with Genealogy.open(home) as genealogy:
        record = fill(genealogy)
        bundle_of(genealogy, record.id)
        old = signer_of_home(home).key.public.fingerprint
        for path in home.keys.iterdir():
            path.unlink()
        path = tmp_path / "b.zip"
        path.write_bytes(bundle_of(genealogy, record.id, 30))
    report = check_bundle(path, known_keys=[signer_of_home(home).key.public.fingerprint])
    assert report.faults == ()
    assert "not the one known" in found(path, known_keys=[old])
    assert [entry["what"] for entry in json.loads(unpacked(path.read_bytes())["manifest.json"])["entries"]].count(
        "signing-key"
    ) == 2
