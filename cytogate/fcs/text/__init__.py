"""TEXT: `words` between delimiters, paired by `parse` to `keywords`; `numbers` are read strictly."""
