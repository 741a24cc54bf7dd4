"""A transparency log: Merkle tree, tiles, notes, checkpoints, proofs. Mathematics and formats, no I/O."""
