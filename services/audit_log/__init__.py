"""The append-only log of everything that happened, which anybody can verify, and the vault of who is behind it."""
