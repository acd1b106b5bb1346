"""The optics of a rig, worked out: fields, blur, depth, light, and the uncertainty to expect."""
