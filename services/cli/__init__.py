"""The `oncordia` command: for researchers, stewards, auditors and operators at a terminal."""
