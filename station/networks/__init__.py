"""Learned models: what they are (a manifest beside an ONNX file), loaded only when they are what the manifest says.

The vision core never imports this: it is given `Model.run` as a function.
"""
