"""What the SQL engines share: tables, statements, and searches compiled to SQL."""
