"""Do stated uncertainties hold? Twin parts by the thousand, measured and compared with what they are."""
