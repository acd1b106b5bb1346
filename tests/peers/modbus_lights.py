"""A light controller as another process: a Modbus server with sixteen holding registers, over TCP or RTU.

python -m tests.peers.modbus_lights tcp PORT | rtu DEVICE
"""

import asyncio
import sys

from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

MOST = 1000


async def limit(function, _start, address, _count, registers, values):
    """Register 15 is its error word; a current above its rating is cut off, as such controllers do."""
    if values is not None and address < 8:
        values[:] = [min(value, MOST) for value in values]


async def main(kind, where):
    device = SimDevice(1, simdata=[SimData(0, count=16, values=0, datatype=DataType.REGISTERS)], action=limit)
    if kind == "tcp":
        server = ModbusTcpServer(device, address=("127.0.0.1", int(where)))
    else:
        server = ModbusSerialServer(device, port=where, baudrate=19200)
    await server.serve_forever(background=True)
    print("here", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
