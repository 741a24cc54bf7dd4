"""What is true at a provider: rules and states, without I/O."""
