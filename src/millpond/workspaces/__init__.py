"""Who may do what, where, and what a workspace has of its own."""
