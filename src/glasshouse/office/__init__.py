"""The office: decisions in, kept in SQL with their history and an audit trail, and read back."""
