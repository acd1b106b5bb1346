"""What a calibration or a check of one rests on: residuals, maps of the field, light, focus, sharpness."""
