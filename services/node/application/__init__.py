"""What can be done at a node, and the ports that it needs."""
