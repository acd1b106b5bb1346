"""A label printer at a TCP port: it parses what comes as Zebra's ZPL II Programming Guide says, and answers ~HS."""

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field


@dataclass
class Field:
    x: int
    y: int
    kind: str = ""
    size: int = 0
    data: str = ""


@dataclass
class Printed:
    width: int = 0
    length: int = 0
    quantity: int = 0
    fields: list[Field] = field(default_factory=list)


def parse(text):
    """The labels of a stream of commands. Raises ValueError for what is no ZPL."""
    labels, label, here, escape = [], None, None, None
    for code, rest in re.findall(r"[\^~]([A-Z0-9]{2}|A)([^^~]*)", text):
        if code == "XA":
            label = Printed()
        elif code == "XZ":
            labels.append(label)
            label = None
        elif label is None:
            raise ValueError(f"{code} outside a label")
        elif code == "PW":
            label.width = int(rest)
        elif code == "LL":
            label.length = int(rest)
        elif code == "PQ":
            label.quantity = int(rest)
        elif code == "FO":
            here, escape = Field(*map(int, rest.split(","))), None
        elif code == "A0":
            here.kind, here.size = "text", int(rest.split(",")[1])
        elif code == "BX":
            orientation, module, quality = rest.split(",")[:3]
            assert (orientation, quality) == ("N", "200")
            here.kind, here.size = "datamatrix", int(module)
        elif code == "FH":
            escape = rest or "_"
        elif code == "FD":
            here.data = unescape(rest, escape) if escape else rest
        elif code == "FS":
            label.fields.append(here)
        elif code not in ("CI", "LH"):
            raise ValueError(f"unknown command {code}")
    if label is not None:
        raise ValueError("a label without its end")
    return labels


def unescape(text, escape):
    data = re.sub(
        re.escape(escape).encode() + rb"([0-9A-Fa-f]{2})", lambda one: bytes([int(one[1], 16)]), text.encode()
    )
    return data.decode()


class Printer:
    """`status` are the three strings of ~HS; None: it does not answer, as Zebra's do without paper."""

    well = ("030,0,0,1245,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000", "1234,0")

    def __init__(self):
        self.status, self.waits, self.labels, self.asked = self.well, 0, [], 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection):
        text = ""
        while data := connection.recv(4096):
            text += data.decode()
            while "~HS" in text:
                text = text.replace("~HS", "", 1)
                self.asked += 1
                if self.status:
                    strings = list(self.status)
                    if self.labels and self.waits:
                        self.waits -= 1
                        strings[0] = strings[0].replace(",000,", ",001,", 1)
                    connection.sendall("".join(f"\x02{one}\x03\r\n" for one in strings).encode())
            if text.endswith("^XZ"):
                self.labels += parse(text)
                text = ""

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(2.0)
