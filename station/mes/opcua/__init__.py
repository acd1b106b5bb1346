"""What machines read of the station over OPC UA: a vision system after OPC 40100-1 (Machine Vision, Part 1, 1.00).

The types are our own table with the official numbers, so no file is needed at run time. Clients read; nothing that
they send moves anything: the order and the feeder decide what is measured.
"""
