// Reads cases as JSON lines and says of each whether CometBFT's light client accepts it, or what
// CometBFT's own types make of it. Evidence is read from its file alone.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

const drift = 10 * time.Second

type testCase struct {
	Kind                  string
	Trusted, Untrusted    json.RawMessage // signed headers as the RPC answers them
	Announced, Validators json.RawMessage // validators as the RPC answers them
	Period, Now           int64
	Header, Vote          json.RawMessage
	ChainID               string
	Evidence              json.RawMessage
	Height                int64
	HeaderHash            string
	Note, VerifierKey     string
}

func signedHeader(data []byte) (*types.SignedHeader, error) {
	one := new(types.SignedHeader)
	err := cmtjson.Unmarshal(data, one)
	return one, err
}

func validatorSet(data []byte) (*types.ValidatorSet, error) {
	var list []*types.Validator
	if err := cmtjson.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	return types.ValidatorSetFromExistingValidators(list)
}

// step verifies one step of trust, as CometBFT's light client does.
func step(one testCase) error {
	trusted, err := signedHeader(one.Trusted)
	if err != nil {
		return err
	}
	untrusted, err := signedHeader(one.Untrusted)
	if err != nil {
		return err
	}
	announced, err := validatorSet(one.Announced)
	if err != nil {
		return err
	}
	validators, err := validatorSet(one.Validators)
	if err != nil {
		return err
	}
	return light.Verify(trusted, announced, untrusted, validators,
		time.Duration(one.Period)*time.Second, time.Unix(one.Now, 0), drift,
		light.DefaultTrustLevel)
}

func answer(one testCase) (string, error) {
	switch one.Kind {
	case "step":
		return "accept", step(one)
	case "evidence":
		return "accept", evidence(one)
	case "cosignature":
		return "accept", cosignature(one)
	case "header":
		header := new(types.Header)
		if err := cmtjson.Unmarshal(one.Header, header); err != nil {
			return "", err
		}
		return header.Hash().String(), nil
	case "validators":
		set, err := validatorSet(one.Validators)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%X", set.Hash()), nil
	case "vote":
		vote := new(types.Vote)
		if err := cmtjson.Unmarshal(one.Vote, vote); err != nil {
			return "", err
		}
		var plain *cmtproto.Vote = vote.ToProto()
		return fmt.Sprintf("%X", types.VoteSignBytes(one.ChainID, plain)), nil
	}
	return "", fmt.Errorf("no such kind")
}

// safely turns a panic of the libraries on crafted input into a refusal.
func safely(one testCase) (said string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return answer(one)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<25)
	for lines.Scan() {
		var one testCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			panic(err)
		}
		said, err := safely(one)
		if err != nil {
			if len(os.Args) > 1 {
				fmt.Fprintln(os.Stderr, err)
			}
			said = "refuse"
		}
		fmt.Println(said)
	}
}
