"""What is kept: one contract, several engines."""
