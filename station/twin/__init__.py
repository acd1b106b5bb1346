"""The simulated rig: renders what the camera would see, and misbehaves on request.

It shares no code with the vision core: what it draws is exact geometry, convolved with the lens and the pixel.
"""
