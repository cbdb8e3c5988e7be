"""Metric points as bytes."""
