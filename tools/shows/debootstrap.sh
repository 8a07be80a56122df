#!/bin/sh
# debootstrap.sh root|user: makes a fresh Debian 12 root with nothing but git (user: and sudo), clones
# this repository's HEAD into it, and runs ./run and ./test there, timed. Needs root (or sudo).
# The root is removed at the end; KEEP=1 keeps it. Apt inside uses this machine's own sources.
set -eu
who=${1:-root}
cd "$(dirname "$0")/../.."
here=$(pwd)
if [ "$(id -u)" != 0 ]; then
    exec sudo env KEEP="${KEEP:-}" "$0" "$who"
fi
tools/install shows
root=${SHOW_ROOT:-/var/tmp/akashi-show-$who}

leave() {
    for place in proc dev/pts dev; do
        umount "$root/$place" 2>/dev/null || true
    done
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root"
}
trap leave EXIT
leave

# The mirror that this machine uses for bookworm.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -n -e 's/^URIs: *//p' -e 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) bookworm .*/\2/p' |
    grep -v security | grep /debian | head -n 1)
debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}"

# The same way to packages as here: sources, proxies, keys, names, certificates.
cp -r /etc/apt/. "$root/etc/apt/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -d /usr/local/share/ca-certificates ] || cp -r /usr/local/share/ca-certificates "$root/usr/local/share/" 2>/dev/null || true
[ ! -d /etc/ssl/certs ] || { mkdir -p "$root/etc/ssl" && cp -rL /etc/ssl/certs "$root/etc/ssl/" 2>/dev/null || true; }
for file in "$root"/etc/apt/sources.list.d/*; do
    # Only Debian itself: other sources of this machine may want keys or https that are not there.
    grep -q 'bookworm' "$file" 2>/dev/null && grep -q '/debian' "$file" || rm -f "$file"
done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts" # terminals, as on a real machine

inside() {
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} chroot "$root" "$@"
}

packages=git
[ "$who" = root ] || packages="git sudo"
inside apt-get -q update
# shellcheck disable=SC2086
inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $packages

git bundle create "$root/akashi.bundle" HEAD 2>/dev/null
if [ "$who" = user ]; then
    inside useradd -m -s /bin/sh tester
    echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/tester"
    echo 'Defaults env_keep += "http_proxy https_proxy no_proxy"' >>"$root/etc/sudoers.d/tester"
    home=/home/tester
    as="su tester -c"
else
    home=/root
    as="sh -c"
fi

timed() {
    start=$(date +%s)
    # shellcheck disable=SC2086
    inside $as "cd $home/akashi && $1"
    echo "TIMED $who: $1 ended with status 0 after $(($(date +%s) - start)) s"
}

inside $as "git clone -q /akashi.bundle $home/akashi 2>/dev/null && git -C $home/akashi log --oneline -1"
timed ./run
timed ./run
timed ./test
cd "$here"
