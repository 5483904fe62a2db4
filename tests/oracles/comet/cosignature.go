package main

import (
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// cosignature opens a checkpoint cosigned by a witness with the transparency.dev library.
func cosignature(one testCase) error {
	verifier, err := formats.NewVerifierForCosignatureV1(one.VerifierKey)
	if err != nil {
		return err
	}
	_, err = note.Open([]byte(one.Note), note.VerifierList(verifier))
	return err
}
