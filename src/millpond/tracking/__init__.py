"""Experiments and runs: every write to them is an action here."""
