package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Between the records, and the older trees, whose proofs are checked. A prime, so that they fall everywhere in tiles.
const stride = 97

// verify checks a whole log, and says in words what it has checked.
func verify(files served, key string) (string, error) {
	tree, err := signedTree(files, key)
	if err != nil {
		return "", err
	}
	computed, err := fromEntries(files, tree.N)
	if err != nil {
		return "", err
	}
	root, err := tlog.TreeHash(tree.N, computed)
	if err != nil {
		return "", err
	}
	if root != tree.Hash {
		return "", fmt.Errorf("the entries give the tree hash %v, signed is %v", root, tree.Hash)
	}
	tiles, err := sameTiles(files, tree.N, computed)
	if err != nil {
		return "", err
	}
	proofs, err := proofsHold(files, tree, computed)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d entries, tree hash %v, %d tiles, %d proofs of records and of older trees",
		tree.N, tree.Hash, tiles, proofs), nil
}

// signedTree opens the checkpoint with the log's key, which must have signed it.
func signedTree(files served, key string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	message, err := files.fetch("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint is none of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("checkpoint's root %q is no hash", lines[2])
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// memory holds a tree's hashes in sumdb's order of storage.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	read := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m)) {
			return nil, fmt.Errorf("hash %d is not there yet", index)
		}
		read[i] = m[index]
	}
	return read, nil
}

// fromEntries computes every hash of the tree from the served bundles alone.
func fromEntries(files served, size int64) (memory, error) {
	var hashes memory
	for start := int64(0); start < size; start += width {
		entries, err := files.entries(start/width, size)
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			more, err := tlog.StoredHashes(start+int64(i), entry, hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
		}
	}
	return hashes, nil
}

// sameTiles compares each served tile, byte for byte, with what the entries give.
func sameTiles(files served, size int64, computed memory) (int, error) {
	tiles := tlog.NewTiles(height, 0, size)
	for _, tile := range tiles {
		expected, err := tlog.ReadTileData(tile, computed)
		if err != nil {
			return 0, err
		}
		found, err := files.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(found[0], expected) {
			return 0, fmt.Errorf("%s is not what the entries give", tilePath(tile))
		}
	}
	return len(tiles), nil
}

// proofsHold makes proofs out of served tiles, as a client of the log does, and checks them against the signed tree.
func proofsHold(files served, tree tlog.Tree, computed memory) (int, error) {
	fromTiles := tlog.TileHashReader(tree, files)
	proofs := 0
	for n := int64(0); n < tree.N; n += stride {
		leaf := computed[tlog.StoredHashIndex(0, n)]
		record, err := tlog.ProveRecord(tree.N, n, fromTiles)
		if err != nil {
			return 0, fmt.Errorf("record %d: %w", n, err)
		}
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, n, leaf); err != nil {
			return 0, fmt.Errorf("record %d: %w", n, err)
		}
		older, err := tlog.TreeHash(n+1, computed)
		if err != nil {
			return 0, err
		}
		grown, err := tlog.ProveTree(tree.N, n+1, fromTiles)
		if err != nil {
			return 0, fmt.Errorf("tree of %d: %w", n+1, err)
		}
		if err := tlog.CheckTree(grown, tree.N, tree.Hash, n+1, older); err != nil {
			return 0, fmt.Errorf("tree of %d: %w", n+1, err)
		}
		proofs += 2
	}
	return proofs, nil
}
