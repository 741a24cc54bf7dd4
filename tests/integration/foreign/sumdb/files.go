package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// served reads a log's files over HTTP.
type served struct{ url string }

func (s served) fetch(path string) ([]byte, error) {
	answer, err := http.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// entries reads bundle number `index` of a log of `size` entries: each entry behind its length as uint16.
func (s served) entries(index, size int64) ([][]byte, error) {
	wanted := min(width, size-width*index)
	path := "tile/entries/" + place(index, wanted)
	data, err := s.fetch(path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != wanted {
		return nil, fmt.Errorf("%s holds %d entries, not %d", path, len(entries), wanted)
	}
	return entries, nil
}

// Height, ReadTiles and SaveTiles make it a tlog.TileReader.
func (s served) Height() int { return height }

func (s served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := s.fetch(tilePath(tile))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", tilePath(tile), len(data))
		}
		read[i] = data
	}
	return read, nil
}

func (s served) SaveTiles([]tlog.Tile, [][]byte) {}

var errDataTile = errors.New("sumdb's tiles of entries are not in this layout")

// tilePath is that of c2sp.org/tlog-tiles. Sumdb's own paths also name the height.
func tilePath(tile tlog.Tile) string {
	if tile.L < 0 {
		panic(errDataTile)
	}
	return fmt.Sprintf("tile/%d/%s", tile.L, place(tile.N, int64(tile.W)))
}

func place(index, wide int64) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if wide != width {
		path = fmt.Sprintf("%s.p/%d", path, wide)
	}
	return path
}
