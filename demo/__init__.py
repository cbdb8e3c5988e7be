"""A real training job against a real server, through the unmodified MLflow client: `make demo`."""
