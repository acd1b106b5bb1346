"""Reports a quality engineer files: tables of readings in, statements of figures and self-contained pages out; equal input gives equal bytes."""
