"""Models: every write to logged models is an action here."""
