"""What makes the record evidence: the station's signing key, signed checkpoints of the chain, time stamps, and bundles.

`keys` and `note` sign and check, `checkpoints` says what the chain was at a moment, `keeper` does so again and again
beside the cell, `stamps` has a third party date it; `bundle` writes one file that a stranger can check, `bundle_check`
checks it as a stranger would, `home_check` what a home holds of all this.
"""
