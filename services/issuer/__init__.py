"""An OIDC issuer for evaluation: it knows invented users only, and is reached from this machine only."""
