"""How a node is asked: commands, and the border link."""
