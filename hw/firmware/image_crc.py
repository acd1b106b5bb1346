"""Prints the CRC-16/IBM-3740 of a program image, the two bytes at the given (hexadecimal) offset counted as 0xFF."""

import binascii
import sys
from pathlib import Path

image = bytearray(Path(sys.argv[1]).read_bytes())
gap = int(sys.argv[2], 16)
image[gap : gap + 2] = b"\xff\xff"
print(f"0x{binascii.crc_hqx(bytes(image), 0xFFFF):04x}")
