"""Methods that find a cut on one axis, one file each."""
