"""The scenarios run in the environments of the clients, not in this one; see test_clients.py."""

collect_ignore = ["scenarios"]
