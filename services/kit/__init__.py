"""The runtime that every service shares: settings, gRPC, events, database, telemetry, identity."""
