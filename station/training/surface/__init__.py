"""The network that scores surfaces: rendered faces to learn from, the network, its training, its threshold."""
