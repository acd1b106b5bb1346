"""What clients ask and are answered, over the wire; who comes in and who does not."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

from station.cycle.state import QueueEntry
from station.cycle.transitions import Event
from tests.mes.opcua.client import at, call, certificate, connected, number, structure
from tests.mes.opcua.world import TOKEN, World, order_sha256, serving

UINT = ua.VariantType.UInt32
REFUSED = (
    ("VisionStateMachine", ("Reset", "Halt", "SelectModeAutomatic")),
    ("VisionStateMachine/AutomaticModeStateMachine", ("StartSingleJob", "StartContinuous", "Stop", "Abort")),
    ("RecipeManagement", ("PrepareRecipe", "UnprepareRecipe")),
    ("ConfigurationManagement", ("ActivateConfiguration",)),
    ("SafetyStateManagement", ("ReportSafetyState",)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A station that measured three parts before anybody came, and has one order more."""
    with serving(tmp_path_factory.mktemp("opcua")) as served:
        served.board.happens(Event.UNLOCK)
        for serial, verdict in (("P-1", "PASS"), ("P-2", "FAIL"), ("P-3", "ERROR")):
            served.measure(serial, verdict=verdict)
        served.board.publish(queue=(*served.board.latest().queue, QueueEntry("MO-2", "P-4", "RING-238")))
        yield served


@pytest.fixture
def asked(world: World, tmp_path: Path) -> Callable[[Callable[[Client], Coroutine[Any, Any, Any]]], Any]:
    def ask(question: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
        async def run() -> Any:
            async with connected(world.endpoint, tmp_path) as client:
                return await question(client)

        return asyncio.run(run())

    return ask


Asked = Callable[[Callable[[Client], Coroutine[Any, Any, Any]]], Any]


def test_what_would_command_the_station_says_so_and_is_refused(asked: Asked) -> None:
    async def question(client: Client) -> None:
        for part, methods in REFUSED:
            for method in methods:
                node = await at(client, *part.split("/"), method)
                assert not (await node.read_attribute(ua.AttributeIds.Executable)).Value.Value, method
                assert not (await node.read_attribute(ua.AttributeIds.UserExecutable)).Value.Value, method
                answer = await call(client, part, method)
                assert answer.StatusCode.value == ua.StatusCodes.BadNotExecutable, method

    asked(question)


def test_the_method_of_the_type_is_as_good_as_that_of_the_station(asked: Asked, world: World) -> None:
    async def question(client: Client) -> None:
        parent = await at(client, "ResultManagement")
        request = ua.CallMethodRequest(
            ObjectId=parent.nodeid,
            MethodId=ua.NodeId(7026, 2),
            InputArguments=[await structure(client, 3021, Id="nothing"), number(0)],
        )
        (answer,) = await client.uaclient.call([request])
        assert answer.OutputArguments[2].Value == -1

    asked(question)


def test_arguments_that_do_not_fit_are_refused(asked: Asked) -> None:
    async def question(client: Client) -> None:
        part, method, codes = "ResultManagement", "GetResultById", ua.StatusCodes
        some_id = await structure(client, 3021, Id="x")
        for given, status in (
            ((), codes.BadArgumentsMissing),
            ((some_id, number(0), number(0)), codes.BadTooManyArguments),
            ((number(0), number(0)), codes.BadInvalidArgument),
            ((some_id, ua.Variant("soon")), codes.BadInvalidArgument),
        ):
            assert (await call(client, part, method, *given)).StatusCode.value == status

    asked(question)


def test_results_are_listed_from_the_newest(asked: Asked, world: World) -> None:
    async def question(client: Client) -> None:
        async def listed(state: int = 0, part: str = "", most: int = 0, start: int = 0) -> list[Any]:
            empty = [await structure(client, kind, Id="") for kind in (3002, 3013, 3008, 3008, 3003, 3016)]
            answer = await call(
                client,
                "ResultManagement",
                "GetResultListFiltered",
                number(state),
                await structure(client, 3015, Id=""),
                await structure(client, 3004, Id=part),
                *empty,
                number(most, UINT),
                number(start, UINT),
                number(0),
            )
            answer.StatusCode.check()
            return [one.Value for one in answer.OutputArguments]

        is_complete, count, handle, found, error = await listed()
        assert (is_complete, count, error) == (True, 3, 0)
        assert [one.PartId.Id for one in found] == ["P-3", "P-2", "P-1"]
        assert [one.ResultState for one in found] == [4, 1, 1]
        assert [one.ResultContent[0].Value for one in found] == ["ERROR", "FAIL", "PASS"]
        assert handle > 0
        released = await call(client, "ResultManagement", "ReleaseResultHandle", number(handle, UINT))
        assert released.OutputArguments[0].Value == 0
        assert [one.PartId.Id for one in (await listed(part="P-2"))[3]] == ["P-2"]
        is_complete, count, _, found, _ = await listed(most=2)
        assert (is_complete, count) == (False, 2)
        is_complete, count, _, found, _ = await listed(most=2, start=2)
        assert (is_complete, [one.PartId.Id for one in found]) == (True, ["P-1"])

    asked(question)


def test_the_parts_of_a_result_are_those_of_the_whole(asked: Asked, world: World) -> None:
    async def question(client: Client) -> None:
        id = world.genealogy.records().records[0].id
        some_id = await structure(client, 3021, Id=id)
        whole = (await call(client, "ResultManagement", "GetResultById", some_id, number(0))).OutputArguments[1].Value
        parts = await call(client, "ResultManagement", "GetResultComponentsById", some_id, number(0))
        values = [one.Value for one in parts.OutputArguments]
        assert len(values) == 17
        assert (values[0], values[2], values[-1]) == (False, False, 0)
        assert values[4:7] == [whole.ResultState, whole.MeasId, whole.PartId]
        assert values[8] == whole.InternalRecipeId
        assert values[12:14] == [whole.JobId, whole.CreationTime]
        assert values[15] == whole.ResultContent

    asked(question)


def test_orders_and_calibrations_are_listed(asked: Asked) -> None:
    async def question(client: Client) -> None:
        async def recipes(prepared: int, external: str = "") -> list[str]:
            answer = await call(
                client,
                "RecipeManagement",
                "GetRecipeListFiltered",
                await structure(client, 3002, Id=external),
                await structure(client, 3003, Id=""),
                number(prepared),
                number(0, UINT),
                number(0, UINT),
                number(0),
            )
            answer.StatusCode.check()
            return [(one.Id, (one.Hash or b"").hex()) for one in answer.OutputArguments[3].Value]

        done, waits = ("MO-1", order_sha256("MO-1")), ("MO-2", "")
        assert await recipes(2) == [done, waits]
        assert await recipes(1) == [waits]
        assert await recipes(0) == [done]
        assert await recipes(2, "MO-1") == [done]
        answer = await call(
            client, "ConfigurationManagement", "GetConfigurationList", number(0, UINT), number(0, UINT), number(0)
        )
        (one,) = answer.OutputArguments[3].Value
        assert (one.InternalId.Id, one.InternalId.HashAlgorithm) == ("CAL-7", "SHA-256")
        active = await (await at(client, "ConfigurationManagement", "ActiveConfiguration")).read_value()
        assert active == one
        for id, error in (("CAL-7", 0), ("CAL-8", -1)):
            asked_id = await structure(client, 3008, Id=id)
            got = await call(client, "ConfigurationManagement", "GetConfigurationById", asked_id, number(0))
            assert got.OutputArguments[2].Value == error

    asked(question)


def test_nothing_can_be_written_or_added(asked: Asked) -> None:
    async def question(client: Client) -> None:
        node = await at(client, "SafetyStateManagement", "VisionSafetyTriggered")
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await node.write_value(True)
        assert refused.value.code == ua.StatusCodes.BadNotWritable
        assert await node.read_value() is False
        with pytest.raises(ua.UaStatusCodeError):
            await client.nodes.objects.add_object(2, "mine")
        with pytest.raises(ua.UaStatusCodeError):
            await client.delete_nodes([node])

    asked(question)


@pytest.mark.parametrize(
    ("user", "token", "encrypted"),
    [("mes", "wrong", True), ("somebody", TOKEN, True), ("mes", "x" * 600, True), (None, "", True), (None, "", False)],
)
def test_who_has_no_token_does_not_come_in(
    world: World, tmp_path: Path, user: str | None, token: str, encrypted: bool
) -> None:
    async def run() -> None:
        async with connected(world.endpoint, tmp_path, user=user, token=token, encrypted=encrypted):
            pass

    with pytest.raises((ua.UaError, ConnectionError, TimeoutError)):
        asyncio.run(run())


def test_a_good_token_over_a_channel_that_is_not_encrypted_does_not_come_in(world: World, tmp_path: Path) -> None:
    """The library would take it: the endpoint is not offered, and is answered all the same."""

    async def run() -> None:
        async with connected(world.endpoint, tmp_path) as good:
            offered = {one.SecurityMode for one in await good.get_endpoints()}
        assert offered == {ua.MessageSecurityMode.SignAndEncrypt}
        client = Client(world.endpoint, timeout=5)
        await client.connect_socket()
        try:
            await client.send_hello()
            await client.open_secure_channel()
            wanted = ua.CreateSessionParameters(EndpointUrl=world.endpoint, RequestedSessionTimeout=60_000)
            await client.uaclient.create_session(wanted)
            user = ua.UserNameIdentityToken(PolicyId="username", UserName="mes", Password=TOKEN.encode())
            await client.uaclient.activate_session(ua.ActivateSessionParameters(UserIdentityToken=user))
        finally:
            client.disconnect_socket()

    with pytest.raises(ua.UaStatusCodeError) as refused:
        asyncio.run(run())
    assert refused.value.code == ua.StatusCodes.BadSecurityModeInsufficient


def _sent(endpoint: str, data: bytes, chunks: int, wait_s: float = 5) -> int:
    """How much of it somebody could send before he was cut off."""
    host, port = endpoint.removeprefix("opc.tcp://").removesuffix("/station").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=10) as line:
        try:
            for number in range(chunks):
                line.sendall(data if number == 0 else b"\0" * 65536)
                sent += 65536
            line.settimeout(wait_s)
            while line.recv(65536):
                pass
        except (ConnectionError, TimeoutError):
            pass
    return sent


@pytest.mark.parametrize("kind", [b"HELF", b"OPNF", b"MSGF", b"MSGC"])
def test_who_announces_an_endless_message_is_cut_off(world: World, tmp_path: Path, kind: bytes, asked: Asked) -> None:
    endless = struct.pack("<4sI", kind, 2**32 - 1) + b"\0" * 65528
    assert _sent(world.endpoint, endless, 1000) < 500 * 65536

    async def question(client: Client) -> None:
        state = await at(client, "VisionStateMachine", "0:CurrentState")
        assert (await state.read_value()).Text == "Operational"

    asked(question)


@pytest.mark.parametrize("length", [0, 1, 8, 9, 2**31])
def test_garbage_is_answered_by_silence(world: World, length: int) -> None:
    noise = random.Random(length).randbytes(5000)
    _sent(world.endpoint, struct.pack("<4sI", b"HELF", length) + noise, 1, 0.2)
    _sent(world.endpoint, noise, 1, 0.2)
    assert world.service.failure == ""
    assert world.service.listens.is_set()


def test_anybody_reads_where_the_plant_says_so(tmp_path: Path) -> None:
    async def run(endpoint: str) -> None:
        async with connected(endpoint, tmp_path, user=None, encrypted=False) as client:
            state = await at(client, "VisionStateMachine", "0:CurrentState")
            assert (await state.read_value()).Text == "Preoperational"
            answer = await call(client, "VisionStateMachine", "Halt")
            assert answer.StatusCode.value == ua.StatusCodes.BadNotExecutable

    with serving(tmp_path, anonymous=True, unencrypted=True) as world:
        asyncio.run(run(world.endpoint))


def test_only_clients_that_the_plant_trusts_come_in_where_it_says_so(tmp_path: Path) -> None:
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    for name in ("known", "stranger"):
        (tmp_path / name).mkdir()
        mine, _ = asyncio.run(certificate(tmp_path / name))
        if name == "known":
            (trusted / "known.der").write_bytes(mine.read_bytes())

    async def state(endpoint: str, name: str) -> str:
        async with connected(endpoint, tmp_path / name) as client:
            node = await at(client, "VisionStateMachine", "0:CurrentState")
            return str((await node.read_value()).Text)

    with serving(tmp_path, trusted_clients=str(trusted)) as world:
        assert asyncio.run(state(world.endpoint, "known")) == "Preoperational"
        with pytest.raises(ua.UaStatusCodeError) as refused:
            asyncio.run(state(world.endpoint, "stranger"))
        assert refused.value.code == ua.StatusCodes.BadCertificateUntrusted
