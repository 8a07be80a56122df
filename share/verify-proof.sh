#!/bin/sh
# Proves one record of an Akashi store, or that a checkpoint goes on from an older one.
# Usage: verify-proof.sh [FOLDER [LOG.VKEY]]. FOLDER is what `akashi export --proof` or
# `akashi export --consistency` wrote. Give the log's key from elsewhere as LOG.VKEY, or all that is
# shown is that the folder agrees with itself. Needs: openssl 3, sha256sum, base64, od.
set -eu
export LC_ALL=C # bytes, whatever the machine's language
del=$(printf '\177')
bad() { echo "NOT PROVED: $*"; exit 1; }
trust=; if [ $# -gt 1 ]; then trust=$(realpath -e -- "$2" 2>/dev/null) || bad "LOG.VKEY cannot be read"; fi
case ${1:-.} in /*) cd "$1" ;; *) cd "./${1:-.}" ;; esac
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { printf '%b' "$(printf '\\0%03o' $(printf %s "$1" | sed 's/../ 0x&/g'))"; }
sha() { sha256sum | cut -c1-64; }
node() { { printf '\001'; unhex "$1$2"; } | sha; }
number() { echo $((0x$(dd if=record.header bs=1 skip="$1" count=8 2>/dev/null | hex))); }
whole() { case $1 in '' | *[!0-9]* | 0?*) bad "$2" ;; esac; }
step() { # a line of a path as hex, in $p
	p=$(printf %s "$1" | base64 -d 2>/dev/null | hex)
	[ "$(unhex "$p" | base64 -w0)" = "$1" ] && [ ${#p} -eq 64 ] || bad "the path's form"
}
hashes() { # so that the shell neither splits nor expands a line
	! printf '%s' "${1:+$1
}" | grep -Evqx '[A-Za-z0-9+/]{43}=' || bad "the path's form"
}
# 1. The key, and checkpoints: three lines, an empty one, the log's signature (C2SP signed note).
vkey=$(cat log.vkey); name=${vkey%%+*}; vkey=${vkey#*+}; id=${vkey%%+*}; key=${vkey#*+}
printf %s "$key" | base64 -d > "$T/key" 2>/dev/null || bad "log.vkey is damaged"
[ "$(head -c1 "$T/key" | hex)" = 01 ] || bad "log.vkey is no Ed25519 key"
[ "$({ printf '%s\n' "$name"; cat "$T/key"; } | sha | cut -c1-8)" = "$id" ] || bad "key id"
printf '%s+%s+%s\n' "$name" "$id" "$(base64 -w0 < "$T/key")" | cmp -s - log.vkey || bad "log.vkey"
if [ -n "$trust" ]; then cmp -s "$trust" log.vkey || bad "the key is not the one that you trust"; fi
{ unhex 302a300506032b6570032100; tail -c32 "$T/key"; } > "$T/public"
own() { # whether a signature line is by the log's key; it is in $T/signature
	printf %s "${1##* }" | base64 -d 2>/dev/null > "$T/signature" || bad "a signature line of $2"
	[ "$(base64 -w0 < "$T/signature")" = "${1##* }" ] && [ "$(wc -c < "$T/signature")" -ge 5 ] ||
		bad "a signature line of $2"
	case $1 in "— $name "*) [ "$(head -c4 "$T/signature" | hex)" = "$id" ] ;; *) false ;; esac
}
read_note() { # the size and root of a file
	head -n4 "$1" > "$T/head"; head -n3 "$1" > "$T/text"
	{ cat "$T/text"; echo; } | cmp -s - "$T/head" || bad "the form of $1"
	[ -z "$(tail -c1 "$1")" ] && [ "$(wc -c < "$1")" -le 65536 ] || bad "the form of $1"
	tail -n +5 "$1" > "$T/lines" # signatures: the log's, and maybe others'
	! grep -Evaq "^— [!-*,-$del]+ [A-Za-z0-9+/]+={0,2}\$" "$T/lines" || bad "the form of $1"
	[ "$(wc -l < "$T/lines")" -le 100 ] || bad "the form of $1"
	found=
	while IFS= read -r line; do
		own "$line" "$1" || continue
		found=$line; tail -c +5 "$T/signature" > "$T/raw"
		openssl pkeyutl -verify -pubin -keyform DER -inkey "$T/public" -rawin -in "$T/text" \
			-sigfile "$T/raw" > /dev/null 2>&1 || bad "the log's signature on $1 is wrong"
	done < "$T/lines"
	[ -n "$found" ] || bad "$1 is signed by another key"
	[ "$(sed -n 1p "$T/text")" = "$name" ] || bad "$1 is of another log"
	size=$(sed -n 2p "$T/text"); root=$(sed -n 3p "$T/text" | base64 -d | hex)
}
# 2. An older checkpoint, and the way to this one (C2SP tlog-witness; RFC 9162 section 2.1.4.2).
prove_consistency() {
	[ ! -e proof ] || bad "the folder has two proofs: give each its own"
	read_note checkpoint.old; size0=$size; root0=$root; read_note checkpoint
	path=$(sed '1d;/^$/,$d' consistency); hashes "$path"
	{ printf 'old %s\n%s\n' "$size0" "${path:+$path
}"; cat checkpoint; } | cmp -s - consistency || bad "the form of consistency"
	whole "$size0" "the older size"; whole "$size" "the size"
	[ "$size0" -gt 0 ] && [ "$size0" -le "$size" ] || bad "the older checkpoint is no older one"
	fn=$((size0 - 1)); sn=$((size - 1)); a=$root0; b=$root0; first=yes
	while [ $((fn & 1)) -eq 1 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
	[ "$fn" -eq 0 ] && first= # the older tree is perfect: its root begins the path
	for line in $path; do
		step "$line"
		if [ -n "$first" ]; then a=$p; b=$p; first=; continue; fi
		[ "$sn" -gt 0 ] || bad "the path is too long"
		if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
			a=$(node "$p" "$a"); b=$(node "$p" "$b")
			while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
		else b=$(node "$b" "$p"); fi
		fn=$((fn >> 1)); sn=$((sn >> 1))
	done
	if [ "$size0" -eq "$size" ]; then [ -z "$path" ] || bad "the path is too long"; sn=0; fi
	[ "$sn" -eq 0 ] && [ "$a" = "$root0" ] && [ "$b" = "$root" ] ||
		bad "the checkpoint does not go on from the older one"
	echo "PROVED: the tree of $size records of $name with root $root goes on from its first" \
		"$size0 records with root $root0"
}
# 3. The record: the header commits to salt and body, the leaf is the hash of the header.
prove_record() {
	read_note checkpoint
	[ "$(wc -c < record.header)" -eq 108 ] || bad "the header has 108 bytes"
	[ "$(number 64)" -eq "$(wc -c < record.body)" ] || bad "the body's length"
	[ "$(wc -c < record.salt)" -eq 16 ] || bad "the salt has 16 bytes"
	[ "$(cat record.salt record.body | sha)" = "$(tail -c32 record.header | hex)" ] || bad "the body"
	h=$({ printf '\000'; cat record.header; } | sha)
	# The way from leaf to root (C2SP tlog-proof; RFC 9162 section 2.1.3.2).
	index=$(sed -n '3s/^index //p' proof); path=$(sed '1,3d;/^$/,$d' proof); hashes "$path"
	{ printf 'c2sp.org/tlog-proof@v1\nextra %s\nindex %s\n' "$(base64 -w0 < record.salt)" "$index"
	printf '%s' "${path:+$path
}"; echo; cat checkpoint; } | cmp -s - proof || bad "the proof's form"
	whole "$index" "the index"
	fn=$index; sn=$((size - 1)); [ "$fn" -le "$sn" ] || bad "the index is beyond the tree"
	for line in $path; do
		[ "$sn" -gt 0 ] || bad "the path is too long"
		step "$line"
		if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
			h=$(node "$p" "$h")
			while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
		else h=$(node "$h" "$p"); fi
		fn=$((fn >> 1)); sn=$((sn >> 1))
	done
	[ "$sn" -eq 0 ] && [ "$h" = "$root" ] || bad "the record is not under this checkpoint"
	echo "PROVED: record $index of $name, received $(date -u -d "@$(($(number 32) / 1000000000))" \
		+%Y-%m-%dT%H:%M:%SZ), is in the tree of $size records with root $root"
}
if [ -e consistency ]; then prove_consistency; else prove_record; fi
[ -n "$trust" ] || echo "The key came with the folder: compare log.vkey with one from elsewhere."
