"""Live figures of the federation, and its traces."""
