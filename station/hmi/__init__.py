"""Pages for people: what the station does now, and every inspected part with its reasons and its picture."""
