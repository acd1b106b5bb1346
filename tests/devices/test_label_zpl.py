from itertools import pairwise

import pytest

from station.devices.label_zpl import Label, LabelPrinter, LabelPrinterFacts, zpl
from station.errors import DeviceError, InputError, LostDeviceError
from tests.peers.zpl_printer import Printer, parse

LABEL = Label("MO-2026-000417", "RING-237-0001", "PASS", "0193a1c2-7b11-7c33-9d2e-0123456789ab")


@pytest.fixture
def printer():
    one = Printer()
    yield one
    one.close()


def facts(printer, **more):
    return LabelPrinterFacts("127.0.0.1", printer.port, timeout_s=0.3, **more)


def test_a_label_has_everything_on_it_inside_its_edges(printer):
    printer.waits = 2
    LabelPrinter(facts(printer)).print(LABEL)
    (label,) = printer.labels
    assert (label.width, label.length, label.quantity) == (400, 200, 1)  # 50 × 25 mm of 8 dots
    code, *texts = label.fields
    assert (code.kind, code.data, code.size) == ("datamatrix", LABEL.inspection_id, 3)
    assert [one.data for one in texts] == ["PASS", "RING-237-0001", "MO-2026-000417"]
    for one in texts:
        assert one.x >= code.x + 26 * code.size + 8  # the quiet zone
        assert one.x + 0.6 * one.size * len(one.data) <= label.width
        assert one.y + one.size <= label.length
    for above, below in pairwise(texts):
        assert above.y + above.size <= below.y
    assert printer.asked == 4  # before, and until none waits


@pytest.mark.parametrize("text", ["A^XZ^XA~JR", "A_5E~", "Größe µ 3", "tab\there"])
def test_what_is_no_plain_text_stays_text(text):
    label = Label("O-1", text, "FAIL", "id-1")
    (parsed,) = parse(zpl(label, LabelPrinterFacts("h")).decode())
    assert parsed.fields[2].data == text.replace("\t", "?")


@pytest.mark.parametrize(
    ("label", "more", "match"),
    [
        (LABEL, {"width_mm": 20.0}, "too small"),
        (LABEL, {"height_mm": 10.0}, "too small"),
        (Label("O" * 60, "S", "PASS", "id"), {}, "does not fit"),
        (Label("O", "S", "PASS", "i^d"), {}, "cannot be a Data Matrix"),
        (Label("O", "S", "PASS", "i" * 37), {}, "cannot be a Data Matrix"),
    ],
)
def test_what_does_not_fit_is_said(label, more, match):
    with pytest.raises(InputError, match=match):
        zpl(label, LabelPrinterFacts("h", **more))


# Strings of ~HS with one flag each, numbered as the Programming Guide has them
@pytest.mark.parametrize(
    ("status", "match"),
    [
        (("030,1,0,1245,000,0,0,0,000,0,0,0", Printer.well[1], "1234,0"), "no paper"),
        (("030,0,1,1245,000,0,0,0,000,0,0,0", Printer.well[1], "1234,0"), "paused"),
        (("030,0,0,1245,000,0,0,0,000,0,0,1", Printer.well[1], "1234,0"), "too hot"),
        ((Printer.well[0], "000,0,1,0,0,2,4,0,00000000,1,000", "1234,0"), "head is open"),
        ((Printer.well[0], "000,0,0,1,0,2,4,0,00000000,1,000", "1234,0"), "no ribbon"),
        (("030,0", Printer.well[1], "1234,0"), "garbled"),
        (None, "does not answer: no paper"),
    ],
)
def test_a_printer_that_cannot_print_is_said_and_nothing_is_sent(printer, status, match):
    printer.status = status
    with pytest.raises(DeviceError, match=match):
        LabelPrinter(facts(printer)).print(LABEL)
    with pytest.raises(DeviceError, match=match):
        LabelPrinter(facts(printer)).check()
    assert printer.labels == []


def test_a_label_that_stays_in_the_printer_is_said(printer):
    printer.waits = 1000
    with pytest.raises(DeviceError, match="was sent and is not printed"):
        LabelPrinter(facts(printer, print_s=0.3)).print(LABEL)
    assert len(printer.labels) == 1


def test_a_printer_that_answers_nothing_is_asked_nothing(printer):
    printer.status = None
    one = LabelPrinter(facts(printer, answers=False))
    assert one.check() == "label printer, 50 × 25 mm, 203 dpi"
    one.print(LABEL)
    one.close()
    assert printer.asked == 0


def test_a_printer_that_is_not_there_and_facts_that_cannot_be_are_said(printer):
    port = printer.port
    printer.close = lambda: None
    Printer.close(printer)
    with pytest.raises(LostDeviceError, match="cannot be reached"):
        LabelPrinter(LabelPrinterFacts("127.0.0.1", port)).check()
    with pytest.raises(InputError, match="dpi"):
        LabelPrinter(LabelPrinterFacts("h", dpi=200))
