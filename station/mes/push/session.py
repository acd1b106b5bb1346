"""One connection to an MQTT broker, from CONNECT to its end. Nothing of it outlives it: who lost one opens the next.

MQTT 5, and 3.1.1 where the broker knows no other; what is published counts once the broker acknowledged it (QoS 1).
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from station.errors import ServiceError

UNKNOWN_VERSION = 132  # reason code "unsupported protocol version", MQTT 5, 3.2.2.2
REFUSALS = frozenset({144, 149, 153})  # topic name, packet size, payload format: of this message and no other


class RefusedMessageError(ServiceError):
    """The broker is there and does not want this message."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and as whom to come; `will` (topic, payload) is what it says, retained, when we are lost."""

    host: str
    port: int
    client_id: str
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None
    keepalive_s: int
    timeout_s: float
    will: tuple[str, bytes]


class _Tidy(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class Session:
    """A live connection; any number of threads may publish, each waits for its own acknowledgement."""

    def __init__(self, broker: Broker, version: MQTTProtocolVersion) -> None:
        self._broker, self._changed = broker, threading.Condition()
        self._greeting: ReasonCode | None = None
        self._ended = ""  # why, once it has
        self._answers: dict[int, ReasonCode] = {}
        client = Client(CallbackAPIVersion.VERSION2, broker.client_id, protocol=version, reconnect_on_failure=False)
        client.max_inflight_messages_set(8)
        client.max_queued_messages_set(8)
        client.connect_timeout = broker.timeout_s
        if broker.username:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            broker.tls.sslsocket_class = _Tidy
            client.tls_set_context(broker.tls)
        client.will_set(*broker.will, qos=1, retain=True)
        client.on_connect = lambda _client, _data, _flags, reason, _more: self._greeted(reason)
        client.on_publish = lambda _client, _data, mid, reason, _more: self._answered(mid, reason)
        client.on_disconnect = lambda _client, _data, _flags, reason, _more: self._end(
            f"the connection to the broker ended ({reason})"
        )
        self._client = client

    @classmethod
    def open(cls, broker: Broker) -> Self:
        """Connect and be greeted.

        Raises:
            ServiceError: the broker cannot be reached or turns us away, with the reason.
        """
        session = cls(broker, MQTTProtocolVersion.MQTTv5)
        greeting = session._connect()
        if greeting.value == UNKNOWN_VERSION:
            session.drop("the broker does not know MQTT 5")
            session = cls(broker, MQTTProtocolVersion.MQTTv311)
            greeting = session._connect()
        if greeting.is_failure:
            session.drop(f"the broker turns the station away ({greeting})")
            raise ServiceError(session.ended, place=broker.host)
        return session

    @property
    def ended(self) -> str:
        """Why the connection ended; empty while it lives."""
        return self._ended

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish and wait until the broker acknowledged it.

        Raises:
            RefusedMessageError: it does not want this message.
            ServiceError: it did not acknowledge; it may have the message or not.
        """
        if self._ended:
            raise ServiceError(self._ended, place=self._broker.host)
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ServiceError(f"nothing can be sent to the broker ({info.rc.name})", place=self._broker.host)
        with self._changed:
            answered = self._changed.wait_for(
                lambda: info.mid in self._answers or bool(self._ended), self._broker.timeout_s
            )
            reason = self._answers.pop(info.mid, None)
        if reason is None:
            sentence = (
                self._ended if answered else f"the broker did not acknowledge within {self._broker.timeout_s:g} s"
            )
            self.drop(sentence)
            raise ServiceError(sentence, place=self._broker.host)
        if reason.is_failure:
            kind = RefusedMessageError if reason.value in REFUSALS else ServiceError
            raise kind(f"the broker does not take what is published to {topic} ({reason})", place=self._broker.host)

    def close(self) -> None:
        """Say goodbye, which makes the broker forget the will; closing twice does no harm."""
        if not self._ended:
            self._client.disconnect()
            with self._changed:
                self._changed.wait_for(lambda: bool(self._ended), 1.0)
        self.drop("the connection was closed")

    def drop(self, sentence: str) -> None:
        """End it without a word, as a lost station does: the broker says the will. The network thread ends with it."""
        if not self._ended:
            self._end(sentence)
            connection = self._client.socket()
            if isinstance(connection, socket.socket):
                with suppress(OSError):  # ended by itself just now
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # SSLSocket's own goes on in the clear

    def _connect(self) -> ReasonCode:
        broker = self._broker
        try:
            self._client.connect(broker.host, broker.port, broker.keepalive_s)
        except ssl.SSLCertVerificationError as error:
            raise ServiceError(
                f"the broker's certificate is not accepted ({error.verify_message})", place=broker.host
            ) from error
        except (OSError, ValueError, UnicodeError) as error:
            cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ServiceError(f"the broker cannot be reached ({cause})", place=broker.host) from error
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._greeting is not None or bool(self._ended), broker.timeout_s)
            greeting = self._greeting
        if greeting is None:
            self.drop(f"the broker did not greet within {broker.timeout_s:g} s")
            raise ServiceError(self._ended, place=broker.host)
        return greeting

    def _greeted(self, reason: ReasonCode) -> None:
        with self._changed:
            self._greeting = reason
            self._changed.notify_all()

    def _answered(self, mid: int, reason: ReasonCode) -> None:
        with self._changed:
            self._answers[mid] = reason
            self._changed.notify_all()

    def _end(self, sentence: str) -> None:
        with self._changed:
            self._ended = self._ended or sentence
            self._changed.notify_all()
