#!/bin/sh
# Proves one record of an Akashi store. Usage: verify-proof.sh [FOLDER [LOG.VKEY]]
# FOLDER is what `akashi export --proof` wrote. Give the log's key from elsewhere as LOG.VKEY, or
# all that is shown is that the folder agrees with itself. Needs: openssl 3, sha256sum, base64, od.
set -eu
trust=${2:+$(realpath "$2")}; cd "${1:-.}"; T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
bad() { echo "NOT PROVED: $*"; exit 1; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { printf '%b' "$(printf '\\0%03o' $(printf %s "$1" | sed 's/../ 0x&/g'))"; }
sha() { sha256sum | cut -c1-64; }
number() { echo $((0x$(dd if=record.header bs=1 skip="$1" count=8 2>/dev/null | hex))); }
# 1. The checkpoint: three lines, an empty one, the log's signature (C2SP signed note).
vkey=$(cat log.vkey); name=${vkey%%+*}; vkey=${vkey#*+}; id=${vkey%%+*}; key=${vkey#*+}
printf %s "$key" | base64 -d > "$T/key" 2>/dev/null || bad "log.vkey is damaged"
[ "$(head -c1 "$T/key" | hex)" = 01 ] || bad "log.vkey is no Ed25519 key"
[ "$({ printf '%s\n' "$name"; cat "$T/key"; } | sha | cut -c1-8)" = "$id" ] || bad "key id"
printf '%s+%s+%s\n' "$name" "$id" "$(base64 -w0 < "$T/key")" | cmp -s - log.vkey || bad "log.vkey"
if [ -n "$trust" ]; then cmp -s "$trust" log.vkey || bad "the key is not the one that you trust"; fi
head -n3 checkpoint > "$T/text"; line=$(sed -n 5p checkpoint)
printf %s "${line##* }" | base64 -d > "$T/signature" 2>/dev/null || bad "signature line"
{ cat "$T/text"; printf '\n— %s %s\n' "$name" "$(base64 -w0 < "$T/signature")"; } > "$T/note"
head -n5 checkpoint | cmp -s - "$T/note" || bad "the checkpoint's form"
[ -z "$(tail -c1 checkpoint)" ] || bad "the checkpoint's form" # then lines of witnesses, if any
! tail -n +6 checkpoint | grep -Evaq '^— [^[:space:]+]+ [A-Za-z0-9+/]+={0,2}$' || bad "the checkpoint's form"
[ "$(head -c4 "$T/signature" | hex)" = "$id" ] || bad "signed by another key"
{ unhex 302a300506032b6570032100; tail -c32 "$T/key"; } > "$T/public"
tail -c +5 "$T/signature" > "$T/raw"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$T/public" -rawin -in "$T/text" \
	-sigfile "$T/raw" > /dev/null 2>&1 || bad "the log's signature is wrong"
[ "$(sed -n 1p "$T/text")" = "$name" ] || bad "the checkpoint is of another log"
size=$(sed -n 2p "$T/text"); root=$(sed -n 3p "$T/text" | base64 -d | hex)
# 2. The record: the header commits to salt and body, the leaf is the hash of the header.
[ "$(wc -c < record.header)" -eq 108 ] || bad "the header has 108 bytes"
[ "$(number 64)" -eq "$(wc -c < record.body)" ] || bad "the body's length"
[ "$(wc -c < record.salt)" -eq 16 ] || bad "the salt has 16 bytes"
[ "$(cat record.salt record.body | sha)" = "$(tail -c32 record.header | hex)" ] || bad "the body"
h=$({ printf '\000'; cat record.header; } | sha)
# 3. The way from leaf to root (C2SP tlog-proof; RFC 9162 section 2.1.3.2).
index=$(sed -n '3s/^index //p' proof); path=$(sed '1,3d;/^$/,$d' proof)
{ printf 'c2sp.org/tlog-proof@v1\nextra %s\nindex %s\n' "$(base64 -w0 < record.salt)" "$index"
printf '%s' "${path:+$path
}"; echo; cat checkpoint; } | cmp -s - proof || bad "the proof's form"
case $index in '' | *[!0-9]* | 0?*) bad "the index" ;; esac
fn=$index; sn=$((size - 1)); [ "$fn" -le "$sn" ] || bad "the index is beyond the tree"
for line in $path; do
	p=$(printf %s "$line" | base64 -d 2>/dev/null | hex); [ "$sn" -gt 0 ] || bad "the path is too long"
	[ "$(unhex "$p" | base64 -w0)" = "$line" ] && [ ${#p} -eq 64 ] || bad "the path's form"
	if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
		h=$({ printf '\001'; unhex "$p$h"; } | sha)
		while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
	else h=$({ printf '\001'; unhex "$h$p"; } | sha); fi
	fn=$((fn >> 1)); sn=$((sn >> 1))
done
[ "$sn" -eq 0 ] && [ "$h" = "$root" ] || bad "the record is not under this checkpoint"
echo "PROVED: record $index of $name, received $(date -u -d "@$(($(number 32) / 1000000000))" \
	+%Y-%m-%dT%H:%M:%SZ), is in the tree of $size records with root $root"
[ -n "$trust" ] || echo "The key came with the folder: compare log.vkey with one from elsewhere."
