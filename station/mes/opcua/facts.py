"""What a plant says about the OPC UA server, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from station.errors import InputError

POLICIES = ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
NAMESPACE = "http://opcfoundation.org/UA/MachineVision"


@dataclass(frozen=True, slots=True)
class OpcUaFacts:
    """`host` and `port` are where it listens, `name` how clients reach this machine (empty: its host name).

    `policies` are offered with messages signed and encrypted; `unencrypted` also offers an endpoint without either, for
    a bench. `anonymous` lets clients read without user name and token. `certificate` and `private_key` are files (DER
    or PEM); empty: the station makes its own once. `trusted_clients` is a folder with the certificates of the clients
    that may connect (or of who signed them); empty: any, the token decides. `clients` is how many may be connected.
    """

    host: str = "0.0.0.0"
    port: int = 4840
    name: str = ""
    policies: tuple[str, ...] = POLICIES
    unencrypted: bool = False
    anonymous: bool = False
    certificate: str = ""
    private_key: str = ""
    trusted_clients: str = ""
    clients: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise InputError(f"{self.port} is not a port (0 to 65535)", place="port")
        for policy in self.policies:
            if policy not in POLICIES:
                raise InputError(f"{policy[:40]!r} is not one of {', '.join(POLICIES)}", place="policies")
        if not (self.policies or self.unencrypted):
            raise InputError("without a policy nobody can connect", place="policies")
        if bool(self.certificate) != bool(self.private_key):
            raise InputError("a certificate and its private key belong together", place="certificate")
        if not 1 <= self.clients <= 200:
            raise InputError(f"{self.clients} is not a number of clients (1 to 200)", place="clients")
