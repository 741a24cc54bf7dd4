"""What a witness does."""
