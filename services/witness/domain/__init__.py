"""When a witness may vouch for a checkpoint. No I/O, no clock."""
