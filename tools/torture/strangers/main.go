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

type files map[string][]byte

func read(folder string, names ...string) (f files, err error) {
	f = files{}
	for _, name := range names {
		if f[name], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
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

// size and root of a signed checkpoint.
func open(f files, name string) (size int64, root tlog.Hash, err error) {
	line, found := strings.CutSuffix(string(f["log.vkey"]), "\n")
	verifier, err := note.NewVerifier(line)
	if err != nil || !found {
		return 0, root, fmt.Errorf("log.vkey: %v", err)
	}
	opened, err := note.Open(f[name], note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	for _, sig := range append(opened.Sigs, opened.UnverifiedSigs...) { // Go's reader takes any padding bits; a text has one spelling
		raw, err := base64.StdEncoding.Strict().DecodeString(sig.Base64)
		if err != nil || base64.StdEncoding.EncodeToString(raw) != sig.Base64 {
			return 0, root, errors.New("the signature's spelling")
		}
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

func hashes(lines []string) (path []tlog.Hash, err error) {
	for _, line := range lines {
		step, err := hash(line)
		if err != nil {
			return nil, err
		}
		path = append(path, step)
	}
	return
}

func judgeRecord(folder string) error {
	f, err := read(folder, "record.body", "record.header", "record.salt", "proof", "checkpoint", "log.vkey")
	if err != nil {
		return err
	}
	size, root, err := open(f, "checkpoint")
	if err != nil {
		return err
	}
	head, rest, _ := bytes.Cut(f["proof"], []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	salt, header, body := f["record.salt"], f["record.header"], f["record.body"]
	if !bytes.Equal(rest, f["checkpoint"]) || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		lines[1] != "extra "+base64.StdEncoding.EncodeToString(salt) || !strings.HasPrefix(lines[2], "index ") {
		return errors.New("the proof's form")
	}
	index, err := number(lines[2][6:])
	if err != nil {
		return err
	}
	path, err := hashes(lines[3:])
	if err != nil {
		return err
	}
	commit := sha256.Sum256(append(bytes.Clone(salt), body...))
	if len(salt) != 16 || len(header) != 108 || !bytes.Equal(header[76:], commit[:]) ||
		binary.BigEndian.Uint64(header[64:]) != uint64(len(body)) {
		return errors.New("the record is not what the header says")
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(header))
}

func judgeConsistency(folder string) error {
	f, err := read(folder, "consistency", "checkpoint.old", "checkpoint", "log.vkey")
	if err != nil {
		return err
	}
	oldSize, oldRoot, err := open(f, "checkpoint.old")
	if err != nil {
		return err
	}
	size, root, err := open(f, "checkpoint")
	if err != nil {
		return err
	}
	head, rest, _ := bytes.Cut(f["consistency"], []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !bytes.Equal(rest, f["checkpoint"]) || lines[0] != "old "+strconv.FormatInt(oldSize, 10) {
		return errors.New("the proof's form")
	}
	path, err := hashes(lines[1:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, size, root, oldSize, oldRoot)
}

func judge(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "consistency")); err == nil {
		return judgeConsistency(folder)
	}
	return judgeRecord(folder)
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
