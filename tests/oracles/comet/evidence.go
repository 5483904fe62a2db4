package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/light"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"golang.org/x/mod/sumdb/tlog"
)

// An evidence file of a network, as its format page describes it.
type evidenceFile struct {
	SHA256     string `json:"sha256"`
	Kind       string
	Block      placed
	Checkpoint struct {
		Commit     commitMembers
		Header     headerMembers
		History    []stepMembers
		Links      []headerMembers
		Note       string
		Validators struct {
			Keys   octets
			Powers [][]int64
		}
	}
	Entry *struct {
		placed
		JWS           jws
		Operation     json.RawMessage
		OperationPath octets `json:"operation_path"`
		Shared        int
		KeySet        struct{ Keys []map[string]string } `json:"key_set"`
	}
}

type placed struct {
	Index int64
	Leaf  json.RawMessage
	Path  octets
}

type jws struct {
	Payload    octets
	Signatures []struct{ Protected, Signature string }
}

type stepMembers struct {
	Commit commitMembers
	Header headerMembers
}

type partsMembers struct {
	Hash  octets
	Total uint32
}

type commitMembers struct {
	Parts      partsMembers
	Round      int32
	Signatures [][]any
}

type headerMembers struct {
	Version struct{ App, Block uint64 }
	ChainID string `json:"chain_id"`
	Height  int64
	Time    [2]int64
	Last    struct {
		Hash  octets
		Parts partsMembers
	} `json:"last_block_id"`
	LastCommitHash     octets `json:"last_commit_hash"`
	DataHash           octets `json:"data_hash"`
	ValidatorsHash     octets `json:"validators_hash"`
	NextValidatorsHash octets `json:"next_validators_hash"`
	ConsensusHash      octets `json:"consensus_hash"`
	AppHash            octets `json:"app_hash"`
	LastResultsHash    octets `json:"last_results_hash"`
	EvidenceHash       octets `json:"evidence_hash"`
	ProposerAddress    octets `json:"proposer_address"`
}

type octets []byte

func (o *octets) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	*o = decoded
	return err
}

func (h headerMembers) header() *types.Header {
	return &types.Header{
		Version: cmtversion.Consensus{Block: h.Version.Block, App: h.Version.App},
		ChainID: h.ChainID, Height: h.Height, Time: time.Unix(h.Time[0], h.Time[1]).UTC(),
		LastBlockID: types.BlockID{Hash: []byte(h.Last.Hash), PartSetHeader: types.PartSetHeader{
			Total: h.Last.Parts.Total, Hash: []byte(h.Last.Parts.Hash)}},
		LastCommitHash: []byte(h.LastCommitHash), DataHash: []byte(h.DataHash),
		ValidatorsHash: []byte(h.ValidatorsHash), NextValidatorsHash: []byte(h.NextValidatorsHash),
		ConsensusHash: []byte(h.ConsensusHash), AppHash: []byte(h.AppHash),
		LastResultsHash: []byte(h.LastResultsHash), EvidenceHash: []byte(h.EvidenceHash),
		ProposerAddress: []byte(h.ProposerAddress),
	}
}

// commit puts the votes where CometBFT has them: in the order of the set, the others absent.
func (c commitMembers) commit(header *types.Header, set *types.ValidatorSet,
	keys [][]byte) (*types.Commit, error) {
	one := &types.Commit{
		Height: header.Height, Round: c.Round,
		BlockID: types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{
			Total: c.Parts.Total, Hash: []byte(c.Parts.Hash)}},
		Signatures: make([]types.CommitSig, set.Size()),
	}
	for at := range one.Signatures {
		one.Signatures[at] = types.NewCommitSigAbsent()
	}
	for _, vote := range c.Signatures {
		key := keys[int(vote[0].(float64))]
		at, validator := set.GetByAddress(cmted25519.PubKey(key).Address())
		if validator == nil || one.Signatures[at].BlockIDFlag == types.BlockIDFlagCommit {
			return nil, errors.New("a signer is not in the set, or signs twice")
		}
		signature, err := base64.RawURLEncoding.Strict().DecodeString(vote[3].(string))
		if err != nil {
			return nil, err
		}
		one.Signatures[at] = types.CommitSig{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: validator.Address,
			Timestamp: time.Unix(int64(vote[1].(float64)), int64(vote[2].(float64))).UTC(),
			Signature: signature,
		}
	}
	return one, nil
}

// evidence verifies a file against one header that its reader trusts.
func evidence(one testCase) error {
	var text string
	if err := json.Unmarshal(one.Evidence, &text); err != nil {
		return err
	}
	var file evidenceFile
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return err
	}
	rest := strings.Replace(strings.TrimSuffix(text, "\n"), `,"sha256":"`+file.SHA256+`"`, "", 1)
	if sum := sha256.Sum256([]byte(rest)); base64.RawURLEncoding.EncodeToString(sum[:]) != file.SHA256 {
		return errors.New("the file was altered")
	}
	if err := committed(file, one); err != nil {
		return err
	}
	return logged(file)
}

func committed(file evidenceFile, one testCase) error {
	head := file.Checkpoint
	sets := map[string]*types.ValidatorSet{}
	var keys [][]byte
	for at := 0; at+32 <= len(head.Validators.Keys); at += 32 {
		keys = append(keys, head.Validators.Keys[at:at+32])
	}
	for _, powers := range head.Validators.Powers {
		var list []*types.Validator
		for at, power := range powers {
			if power != 0 {
				list = append(list, types.NewValidator(cmted25519.PubKey(keys[at]), power))
			}
		}
		set, err := types.ValidatorSetFromExistingValidators(list)
		if err != nil {
			return err
		}
		sets[string(set.Hash())] = set
	}
	trusted := head.History[0].Header.header()
	if trusted.Height != one.Height || trusted.ChainID != one.ChainID ||
		hex.EncodeToString(trusted.Hash()) != strings.ToLower(one.HeaderHash) {
		return errors.New("the first header is not the trusted one")
	}
	last, first := head.Header.header(), head.Header.header()
	for _, members := range head.Links {
		next := members.header()
		if err := light.VerifyBackwards(last, next); err != nil {
			return err
		}
		last = next
	}
	for _, step := range append(head.History[1:], stepMembers{head.Commit, headerMembers{}}) {
		header := last
		if step.Header.Height != 0 {
			header = step.Header.header()
		}
		set, announced := sets[string(header.ValidatorsHash)], sets[string(trusted.NextValidatorsHash)]
		if set == nil || announced == nil && header.Height != trusted.Height+1 {
			return errors.New("a set is missing")
		}
		commit, err := step.Commit.commit(header, set, keys)
		if err != nil {
			return err
		}
		err = light.Verify(&types.SignedHeader{Header: trusted}, announced,
			&types.SignedHeader{Header: header, Commit: commit}, set,
			time.Duration(one.Period)*time.Second, time.Unix(one.Now, 0), drift,
			light.DefaultTrustLevel)
		if err != nil {
			return err
		}
		trusted = header
	}
	if sum := sha256.Sum256([]byte(head.Note)); !bytes.Equal(sum[:], first.AppHash) {
		return errors.New("the header commits to another checkpoint")
	}
	return nil
}

// logged verifies that the block leaf, and the entry if there is one, are in the log.
func logged(file evidenceFile) error {
	lines := strings.Split(file.Checkpoint.Note, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	leaf := append([]byte("muniment/block/v1\n"), file.Block.Leaf...)
	block := hashes(file.Block.Path)
	if err := tlog.CheckRecord(block, size, root, file.Block.Index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	if file.Entry == nil {
		return nil
	}
	leaf = append([]byte("muniment/operation/v1\n"), file.Entry.Leaf...)
	path := append(hashes(file.Entry.Path), block[len(block)-file.Entry.Shared:]...)
	if err := tlog.CheckRecord(path, size, root, file.Entry.Index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	var header struct {
		Count int64
		Root  octets
	}
	var members struct{ Index int64 }
	if err := json.Unmarshal(file.Entry.JWS.Payload, &header); err != nil {
		return err
	}
	if err := json.Unmarshal(file.Entry.Leaf, &members); err != nil {
		return err
	}
	var top tlog.Hash
	copy(top[:], header.Root)
	err = tlog.CheckRecord(hashes(file.Entry.OperationPath), header.Count, top, members.Index,
		tlog.RecordHash(file.Entry.Operation))
	if err != nil {
		return err
	}
	return signed(file)
}

// signed verifies the signatures of Ed25519 keys over the envelope.
func signed(file evidenceFile) error {
	keys := map[string][]byte{}
	for _, jwk := range file.Entry.KeySet.Keys {
		raw, err := base64.RawURLEncoding.DecodeString(jwk["x"])
		if err != nil || jwk["crv"] != "Ed25519" {
			return errors.New("a key is not Ed25519")
		}
		sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + jwk["x"] + `"}`))
		keys[base64.RawURLEncoding.EncodeToString(sum[:])] = raw
	}
	payload := base64.RawURLEncoding.EncodeToString(file.Entry.JWS.Payload)
	for _, one := range file.Entry.JWS.Signatures {
		var protected struct{ Kid string }
		header, err := base64.RawURLEncoding.DecodeString(one.Protected)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(header, &protected); err != nil {
			return err
		}
		signature, err := base64.RawURLEncoding.DecodeString(one.Signature)
		if err != nil {
			return err
		}
		key := keys[protected.Kid]
		if key == nil || !ed25519.Verify(key, []byte(one.Protected+"."+payload), signature) {
			return fmt.Errorf("the envelope is not signed by %s", protected.Kid)
		}
	}
	return nil
}

func hashes(data []byte) (path []tlog.Hash) {
	for at := 0; at+32 <= len(data); at += 32 {
		var one tlog.Hash
		copy(one[:], data[at:])
		path = append(path, one)
	}
	return path
}
