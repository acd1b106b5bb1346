"""The recogniser of engraved text: rendered strips, network, training, thresholds, export."""
