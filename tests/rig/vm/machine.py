"""A virtual machine that runs one shell command on the host's own checkout, read-only, and ends."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a machine ended.

    `reason` is QEMU's own word: "guest-shutdown" (it was done), "guest-reset" (it started anew, as a watchdog makes
    it); or "killed", after its time. `status` is the exit status of its command, None if that never ended.
    """

    reason: str
    status: int | None
    seconds: float


def run(machine: Path, command: str, talk: Path, *, limit_s: float) -> Ended:
    """Boots `machine` (the folder that `prepare` made) and runs `command` in it; its console is standard output.

    `talk` is an empty folder, the guest's /talk: the only one in which the guest's files stay.

    Raises:
        OSError: QEMU is not there, or does not run.
    """
    (talk / "project").write_text(str(PROJECT))
    (talk / "command").write_text(command)
    ours, theirs = socket.socketpair()
    began = time.monotonic()
    line = _qemu(machine, talk, theirs.fileno())
    with ours, subprocess.Popen(line, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]) as qemu:
        theirs.close()
        timer = threading.Timer(limit_s, qemu.kill)
        timer.start()
        try:
            reason = _reason(ours)
            qemu.wait()
        finally:
            timer.cancel()
            qemu.kill()
    status = talk / "status"
    return Ended(reason, int(status.read_text()) if status.exists() else None, time.monotonic() - began)


def _qemu(machine: Path, talk: Path, control: int) -> list[str]:
    """The command line. TCG, because it is the same on every host, one with no KVM too. It dies with this program."""
    return [
        *("setpriv", "--pdeathsig", "KILL"),
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", "pc", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048"),
        *("-kernel", str(machine / "vmlinuz"), "-initrd", str(machine / "initramfs")),
        *("-append", "console=ttyS0 quiet panic=-1"),
        *("-serial", "stdio", "-device", "virtio-rng-pci"),
        *("-chardev", f"socket,id=control,fd={control}", "-mon", "chardev=control,mode=control"),
        *("-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=root,mount_tag=root"),
        *("-fsdev", f"local,id=talk,path={talk},security_model=none"),
        *("-device", "virtio-9p-pci,fsdev=talk,mount_tag=talk"),
    ]


def _reason(control: socket.socket) -> str:
    """Why the machine ended, by QEMU's own word (its protocol QMP: a JSON document a line)."""
    reason = "killed"
    with control.makefile("rw") as lines:
        print(json.dumps({"execute": "qmp_capabilities"}), file=lines, flush=True)
        for line in lines:
            said = json.loads(line)
            if said.get("event") == "SHUTDOWN":
                reason = said["data"]["reason"]
    return reason
