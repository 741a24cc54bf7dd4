"""AI models with their versions and cards."""
