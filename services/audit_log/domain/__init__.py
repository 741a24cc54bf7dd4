"""What is true of the log, of reading it, and of the people behind its handles. No I/O."""
