"""What is kept as files: one contract over folders and, later, object stores."""
