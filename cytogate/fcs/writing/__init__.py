"""Writing: `write` takes what still holds of a source (`outgoing`); `compose` makes HEADER and TEXT."""
