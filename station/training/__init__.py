"""How the station's own networks are trained: rendered samples, networks, export to ONNX. Not needed on a station."""
