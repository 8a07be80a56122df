// A stranger's judgement: reads names of folders that `akashi export --proof` wrote, one a line, and
// says "yes" or "no: why" for each, with nothing but Go's own note and tlog packages.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type files struct{ body, header, salt, proof, checkpoint, vkey []byte }

func read(folder string) (f files, err error) {
	for name, to := range map[string]*[]byte{
		"record.body": &f.body, "record.header": &f.header, "record.salt": &f.salt,
		"proof": &f.proof, "checkpoint": &f.checkpoint, "log.vkey": &f.vkey} {
		if *to, err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			return
		}
	}
	return
}

func hash(text string) (h tlog.Hash, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && (len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != text) {
		err = errors.New("not a hash: " + text)
	}
	copy(h[:], raw)
	return
}

func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && strconv.FormatInt(n, 10) != text {
		err = errors.New("not a number: " + text)
	}
	return n, err
}

// size and root of the signed checkpoint.
func open(f files) (size int64, root tlog.Hash, err error) {
	line, found := strings.CutSuffix(string(f.vkey), "\n")
	verifier, err := note.NewVerifier(line)
	if err != nil || !found {
		return 0, root, fmt.Errorf("log.vkey: %v", err)
	}
	opened, err := note.Open(f.checkpoint, note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return 0, root, errors.New("not a checkpoint of this log")
	}
	if size, err = number(lines[1]); err != nil {
		return
	}
	root, err = hash(lines[2])
	return
}

func judge(folder string) error {
	f, err := read(folder)
	if err != nil {
		return err
	}
	size, root, err := open(f)
	if err != nil {
		return err
	}
	head, rest, _ := bytes.Cut(f.proof, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !bytes.Equal(rest, f.checkpoint) || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		lines[1] != "extra "+base64.StdEncoding.EncodeToString(f.salt) || !strings.HasPrefix(lines[2], "index ") {
		return errors.New("the proof's form")
	}
	index, err := number(lines[2][6:])
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		step, err := hash(line)
		if err != nil {
			return err
		}
		path = append(path, step)
	}
	commit := sha256.Sum256(append(bytes.Clone(f.salt), f.body...))
	if len(f.salt) != 16 || len(f.header) != 108 || !bytes.Equal(f.header[76:], commit[:]) ||
		binary.BigEndian.Uint64(f.header[64:]) != uint64(len(f.body)) {
		return errors.New("the record is not what the header says")
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(f.header))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := judge(lines.Text()); err != nil {
			fmt.Println("no:", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("yes")
		}
	}
}
