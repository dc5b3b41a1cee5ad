"""Gates: frozen geometry, one kind a file."""
