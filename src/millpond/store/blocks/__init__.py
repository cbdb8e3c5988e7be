"""Runs in blocks: what searches ask of them as columns, and how these are searched."""
