"""The demo's invented providers, and the real metadata dealt out to them."""
