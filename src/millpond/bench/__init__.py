"""Load programs for any server of the MLflow protocol: `python -m bench --help`."""
