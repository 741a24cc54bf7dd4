// Sumdb verifies a whole served log with golang.org/x/mod/sumdb, the verifier of Go's own checksum database.
//
//	sumdb -url http://127.0.0.1:8080 -key 'example.org/log+0123abcd+AQ...'
//
// It prints one line and exits with 0 where everything holds, else says what does not and exits with 1.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	url := flag.String("url", "", "where the log's files are served")
	key := flag.String("key", "", "the log's verifier key")
	flag.Parse()
	found, err := verify(served{*url}, *key)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sumdb: REFUSED: %v\n", err)
		os.Exit(1)
	}
	fmt.Println("sumdb: VERIFIED:", found)
}
