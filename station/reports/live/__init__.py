"""Studies taken live on the rig: steps, the table that is continued, the taking."""
