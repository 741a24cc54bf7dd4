// Appends entries to a log with Tessera's POSIX driver and prints how long that took: in this process, or through its
// HTTP server.
//
//	tessera -directory DIR -entries 100000 -size 110 -workers 1024
//	tessera -url http://127.0.0.1:2025 -entries 20000
//	tessera -key
//
// In this process the clock ends when a signed checkpoint holds all entries; through the server when all have their
// places. The last form prints a new key for the server.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

var (
	key       = flag.Bool("key", false, "print a new private key and end")
	url       = flag.String("url", "", "the server to add entries to")
	directory = flag.String("directory", "", "where to put the log")
	entries   = flag.Int("entries", 100_000, "how many")
	size      = flag.Int("size", 110, "bytes of an entry")
	workers   = flag.Int("workers", 1024, "goroutines that add entries and wait for their places")
	batch     = flag.Uint("batch", 1024, "entries that are integrated together, at most")
	interval  = flag.Duration("interval", 100*time.Millisecond, "between checkpoints, at least")
)

func main() {
	flag.Parse()
	seconds, err := run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"entries": *entries, "seconds": seconds})
}

func run(ctx context.Context) (float64, error) {
	secret, _, err := note.GenerateKey(rand.Reader, "oncordia.invalid/bench")
	switch {
	case err != nil:
		return 0, err
	case *key:
		fmt.Println(secret)
		os.Exit(0)
		return 0, nil
	case *url != "":
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *workers}}
		began := time.Now()
		err := add(func(data []byte) error { return post(client, data) })
		return time.Since(began).Seconds(), err
	default:
		return inProcess(ctx, secret)
	}
}

func inProcess(ctx context.Context, secret string) (float64, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return 0, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: *directory})
	if err != nil {
		return 0, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(*batch, 50*time.Millisecond).
		WithCheckpointInterval(*interval).
		WithPushback(uint(*workers * 4))
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return 0, err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 5*time.Millisecond)
	var mutex sync.Mutex
	var last tessera.Index
	began := time.Now()
	err = add(func(data []byte) error {
		index, err := appender.Add(ctx, tessera.NewEntry(data))()
		mutex.Lock()
		defer mutex.Unlock()
		if err == nil && index.Index >= last.Index {
			last = index
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if _, _, err := awaiter.Await(ctx, func() (tessera.Index, error) { return last, nil }); err != nil {
		return 0, err
	}
	took := time.Since(began).Seconds()
	return took, shutdown(ctx)
}

func post(client *http.Client, data []byte) error {
	answer, err := client.Post(*url+"/add", "application/octet-stream", bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	return nil
}

// add gives every entry, each with other bytes, to one of the workers, which waits until it has its place.
func add(one func([]byte) error) error {
	numbers := make(chan int)
	errs := make(chan error, *workers)
	var group sync.WaitGroup
	for range *workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				data := make([]byte, *size)
				binary.BigEndian.PutUint64(data, uint64(number))
				if err := one(data); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	for number := range *entries {
		select {
		case numbers <- number:
		case err := <-errs:
			return err
		}
	}
	close(numbers)
	group.Wait()
	return nil
}
