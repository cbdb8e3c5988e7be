"""Programs for those who work on the store: large stores made quickly, and searches timed."""
