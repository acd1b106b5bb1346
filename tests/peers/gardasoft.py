"""A lighting controller as Gardasoft's manuals describe it (RT 20 series 12.3, PP420 11.1 and appendix B)."""

import contextlib
import re
import socket
import threading


class Controller:
    """Four channels; `channels[c]` is (mode, percent, pulse width in ms, delay in ms)."""

    version = "RT420-20 (HW02) V031"

    def __init__(self, *, echo=False):
        self.echo, self.error, self.silent, self.heard = echo, 0, False, []
        self.channels = dict.fromkeys(range(1, 5), (0, 50.0, 1.0, 1.0))  # lit, as somebody left it at its keys

    def answer(self, line):
        """What comes back for a command line; several commands stand with semicolons, spaces do not count."""
        said = ""
        for command in line.replace(" ", "").split(";"):
            self.heard.append(command)
            said += self._one(command)
        return (line + "\r\n" if self.echo else "") + said + ">"

    def _one(self, command):
        code, rest = command[:2], command[2:]
        if code == "VR" and not rest:
            return self.version + "\r\n"
        if code == "GR" and not rest:
            error, self.error = self.error, 0
            return f"Err {error}\r\n"
        counts = {"RS": (2,), "RW": (2, 4), "RT": (4, 5)}
        if code not in counts:
            return "Err 2\r\n"
        texts = rest.split(",")
        if len(texts) not in counts[code]:
            return "Err 4\r\n"
        if not all(re.fullmatch(r"\d+(\.\d*)?(s|ms|us)?", one) for one in texts):
            return "Err 3\r\n"
        channel, *numbers = (float(one) for one in texts)
        if channel not in self.channels:
            return "Err 1\r\n"
        if code == "RT":
            width, delay, percent = numbers[:3]
            if not (0.01 <= width <= 999 and 0.01 <= delay <= 999 and percent <= 999):
                return "Err 1\r\n"
            self.channels[int(channel)] = (1, percent, width, delay)
        else:
            if numbers[0] > 100:
                return "Err 1\r\n"
            self.channels[int(channel)] = ({"RS": 0, "RW": 2}[code], numbers[0], 1.0, 1.0)
        return ""


class Served:
    """The controller at a TCP port; one connection after the other."""

    def __init__(self, controller):
        self._controller = controller
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.where = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            with connection:
                self._talk(connection)

    def _talk(self, connection):
        rest = b""
        while True:
            try:
                data = connection.recv(100)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\r")
            for line in lines:
                if not self._controller.silent:
                    connection.sendall(self._controller.answer(line.decode()).encode())

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(2.0)
