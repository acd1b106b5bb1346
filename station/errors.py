"""The whole failure vocabulary on one page.

    StationError
    ├── InputError              somebody gave us something unusable      exit 2
    │   ├── OrderError              the order document or its references
    │   ├── DrawingError            the DXF beside the order
    │   ├── ImageError              a picture that cannot be read or does not fit
    │   ├── CalibrationError        unreadable, tampered, expired, for another camera
    │   └── ModelError              a learned model that is missing, altered, or does not compute what it should
    ├── DeviceError             a device did not do what it was asked    part held
    │   ├── CaptureError            a frame that must not be trusted
    │   ├── LostDeviceError         it does not answer any more: unplugged, silent, garbled
    │   └── StoppedError            the machine stands, and a person must mend the cause: a limit, a stuck part
    │       ├── InterlockError          the door is open, the emergency stop is pressed
    │       └── LineStoppedError        a line that nobody watches stopped by itself
    ├── ServiceError            a service on the network did not do what it was asked    the cell goes on
    └── RecordError             the genealogy record                     part held
        ├── StorageError            nothing could be committed (disk full, no permission)
        └── IntegrityError          what is stored is not what was committed

A vision failure is data, not an exception: see ``station.vision``.
Every message is one sentence for a person; ``place`` says where (a JSON path, a file, a port).
"""

from __future__ import annotations


class StationError(Exception):
    """Base of everything the station reports on purpose."""

    def __init__(self, sentence: str, *, place: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}" if self.place else self.sentence


class InputError(StationError):
    """Bad input or usage; nothing is recorded as an inspection of the part."""


class OrderError(InputError):
    """The order document, or something it refers to."""


class DrawingError(InputError):
    """The drawing beside the order."""


class ImageError(InputError):
    """A picture that cannot be read, or does not fit the calibration."""


class CalibrationError(InputError):
    """A calibration that must not be used."""


class ModelError(InputError):
    """A learned model that must not be used, or that failed at its work."""


class DeviceError(StationError):
    """A device did not do what it was asked to."""


class CaptureError(DeviceError):
    """A frame that must not be trusted."""


class LostDeviceError(DeviceError):
    """A device that does not answer any more."""


class StoppedError(DeviceError):
    """The machine stands still until a person has mended the cause."""


class InterlockError(StoppedError):
    """A door or a stop button keeps the machine still."""


class LineStoppedError(StoppedError):
    """A line that nobody watches stopped by itself, because going on would only make more of what is abnormal."""


class ServiceError(StationError):
    """A service on the network (a receiver, a broker) did not do what it was asked to; tried again, in no one's way."""


class RecordError(StationError):
    """The genealogy record."""


class StorageError(RecordError):
    """Nothing could be committed."""


class IntegrityError(RecordError):
    """What is stored is not what was committed."""
