"""Millpond: the machine-learning workspace you run yourself, spoken to by any MLflow client."""

__version__ = "0.1.0"
