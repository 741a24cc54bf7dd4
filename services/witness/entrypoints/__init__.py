"""How a witness is asked: over HTTP."""
