"""Pages that a quality engineer files. `document` is a page as data, `drawing` draws its plots, `page` makes the file;
`studies` and `calibration` say what stands on them."""
