// Reads cases as JSON lines and says of each whether Go's log and note packages accept it.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Kind                  string
	Path                  []string
	Size, Index, First    int64
	Root, Leaf, FirstRoot string
	Note, VerifierKey     string
}

func hash(text string) (h tlog.Hash) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(h) {
		panic("a hash has 32 bytes")
	}
	copy(h[:], data)
	return h
}

func check(one testCase) error {
	var path []tlog.Hash
	for _, text := range one.Path {
		path = append(path, hash(text))
	}
	switch one.Kind {
	case "inclusion":
		return tlog.CheckRecord(path, one.Size, hash(one.Root), one.Index, hash(one.Leaf))
	case "consistency":
		return tlog.CheckTree(path, one.Size, hash(one.Root), one.First, hash(one.FirstRoot))
	case "note":
		verifier, err := note.NewVerifier(one.VerifierKey)
		if err != nil {
			return err
		}
		_, err = note.Open([]byte(one.Note), note.VerifierList(verifier))
		return err
	}
	return fmt.Errorf("no such kind")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var one testCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			panic(err)
		}
		if check(one) == nil {
			fmt.Println("accept")
		} else {
			fmt.Println("refuse")
		}
	}
}
