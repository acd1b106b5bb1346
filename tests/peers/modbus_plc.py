"""A PLC as another process: a Modbus client that knows nothing of the station but the map of its registers.

It beats its heart in a thread and does what it is told on standard input, one answer a line (JSON).

    ask NUMBER SERIAL      write number and serial, raise the trigger
    drop                   lower the trigger
    read                   everything the station shows
    wait SIGNAL            poll until this signal is on; what the station shows then, or null
    silent / beat          the heart stops, or goes on
"""

import json
import sys
import threading
import time

from pymodbus.client import ModbusTcpClient

SIGNALS = ("ready", "busy", "result_valid", "ok", "nok", "fault")


class Plc:
    def __init__(self, port):
        self.client = ModbusTcpClient("127.0.0.1", port=port, timeout=10.0)
        assert self.client.connect()
        self.lock, self.beats, self.count = threading.Lock(), True, 0
        self.drop()
        threading.Thread(target=self.beat, daemon=True).start()

    def beat(self):
        while True:
            if self.beats:
                self.count = (self.count + 1) % 65536
                with self.lock:
                    self.client.write_register(0, self.count)
            time.sleep(0.05)

    def ask(self, number, serial=""):
        data = serial.encode().ljust(64, b"\0")
        words = [int.from_bytes(data[at : at + 2], "big") for at in range(0, 64, 2)]
        with self.lock:
            assert not self.client.write_registers(1, [int(number), *words]).isError()
            assert not self.client.write_coil(0, True).isError()

    def drop(self):
        with self.lock:
            assert not self.client.write_coil(0, False).isError()

    def read(self):
        with self.lock:
            words = self.client.read_input_registers(0, count=38).registers
            bits = self.client.read_discrete_inputs(0, count=6).bits[:6]
        text = b"".join(word.to_bytes(2, "big") for word in words[6:]).rstrip(b"\0").decode()
        names = {name for name, on in zip(SIGNALS, bits, strict=True) if on}
        same = [bool(words[1] >> at & 1) for at in range(6)] == bits
        return {"signals": sorted(names), "same": same, "heartbeat": words[0], "verdict": words[2]} | {
            "number": words[3],
            "version": words[4],
            "serial": text,
        }

    def wait(self, signal):
        until_s = time.monotonic() + 10.0
        while time.monotonic() < until_s:
            if signal in (seen := self.read())["signals"]:
                return seen
            time.sleep(0.01)
        return None

    def silent(self):
        self.beats = False
        time.sleep(0.1)

    def beat_again(self):
        self.beats = True


if __name__ == "__main__":
    plc = Plc(int(sys.argv[1]))
    print(json.dumps("here"), flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        act = plc.beat_again if command == "beat" else getattr(plc, command)
        print(json.dumps(act(*arguments)), flush=True)
