"""Reports a quality engineer files: readings in, figures and self-contained pages out, equal bytes for equal input."""
