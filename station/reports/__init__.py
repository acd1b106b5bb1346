"""Pages for people: self-contained HTML with tables and drawn figures; equal input gives equal bytes."""
