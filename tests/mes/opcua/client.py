"""asyncua's own client: quick, but not independent of the server's library. See `test_node_client` for one that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from asyncua import Client, Node, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.mes.opcua.world import TOKEN, USER

URI = "urn:peer"


async def certificate(folder: Path) -> tuple[Path, Path]:
    """A client's certificate and key."""
    found = folder / "client.der", folder / "client.pem"
    if not found[0].exists():
        use = [ExtendedKeyUsageOID.CLIENT_AUTH]
        await setup_self_signed_certificate(found[1], found[0], URI, "localhost", use, {"organizationName": "peer"})
    return found


@asynccontextmanager
async def connected(
    endpoint: str, folder: Path, *, user: str | None = USER, token: str = TOKEN, encrypted: bool = True
) -> AsyncIterator[Client]:
    client = Client(endpoint, timeout=10)
    client.application_uri = URI
    if user is not None:
        client.set_user(user)
        client.set_password(token)
    if encrypted:
        mine, key = await certificate(folder)
        await client.set_security(SecurityPolicyBasic256Sha256, str(mine), str(key))
    async with client:
        yield client


async def at(client: Client, *path: str) -> Node:
    """A node below the vision system, by the standard's names; ``0:`` is in front of OPC UA's own."""
    index = await client.get_namespace_index("http://opcfoundation.org/UA/MachineVision")
    station = f"{index + 1}:Station"
    names = [name if ":" in name else f"{index}:{name}" for name in path]
    found: Node = await client.nodes.objects.get_child([station, *names])
    return found


async def call(client: Client, part: str, method: str, *arguments: Any) -> ua.CallMethodResult:
    """The whole answer to a call, whatever its status."""
    parent, called = await at(client, *part.split("/")), await at(client, *part.split("/"), method)
    request = ua.CallMethodRequest(ObjectId=parent.nodeid, MethodId=called.nodeid, InputArguments=list(arguments))
    answers = await client.uaclient.call([request])
    return answers[0]


async def structure(client: Client, number: int, **fields: Any) -> ua.Variant:
    """A structure of the standard as an argument."""
    index = await client.get_namespace_index("http://opcfoundation.org/UA/MachineVision")
    return ua.Variant(ua.get_type(ua.NodeId(number, index))(**fields), ua.VariantType.ExtensionObject)


def number(value: int, kind: ua.VariantType = ua.VariantType.Int32) -> ua.Variant:
    return ua.Variant(value, kind)
