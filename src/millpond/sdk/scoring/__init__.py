"""Batch scoring on one machine, without Spark: tables in, predictions out, in constant memory.

It runs in the user's process, and needs pyarrow, pandas and mlflow there (``millpond[score]``).
"""
