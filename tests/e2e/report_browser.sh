#!/bin/sh
# report_browser.sh AKASHI SAMPLES: the page of scan in headless Chromium, as TAP: no request, nothing on the console,
# and what was logged stays text. Skipped where there is no chromium. A page that does ask and complain shows
# that both would be seen.
set -u
samples=$(realpath "$2")
. "$(dirname "$0")/lib.sh"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "1..0 # SKIP chromium is not present"
    exit 0
}
sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox
show() { # show PAGE: its document in dom, the console's lines in console, the addresses that were asked for in asked
    HOME=$work timeout 120 "$browser" --headless $sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-default-apps \
        --host-resolver-rules='MAP * ~NOTFOUND' --log-net-log="$work/net.json" --enable-logging=stderr --v=0 \
        --dump-dom "file://$work/$1" >dom 2>log
    status=$?
    grep CONSOLE log >console
    # What the browser asks its maker for by itself is no request of the page (and leads nowhere).
    grep -o '"url":"[^"]*"' net.json | grep -v '"file:\|"chrome\|"data:\|"https\{0,1\}://[a-z0-9.]*\.\(google\|googleapis\|gvt1\)\.com[/:]' | sort -u >asked
    [ "$status" -eq 0 ] && [ -s dom ]
}

cat >wrong.html <<'END'
<!doctype html><html><body><img src="http://evil.invalid/a.png"><script>console.error("it complains")</script></body></html>
END
show wrong.html && has console 'it complains' && has asked 'evil.invalid'
ok $? "a request and a message on the console are seen"

mkdir rules logs
cat >rules/all.yml <<'END'
title: Anything <script>alert(1)</script>
level: high
tags: [attack.t1059, '"><img src=http://evil.invalid/tag>']
logsource: {product: linux}
detection: {s: {message|contains: evil}, condition: s}
END
{
    printf '%s\n' 'Nov 22 10:00:00 web1 sshd[1]: evil </code></td></script><script src="http://evil.invalid/x.js"></script><script>console.error(1)</script>'
    printf '%s\n' 'Nov 22 10:00:01 <b>host</b> su: evil <img src=http://evil.invalid/i.png onerror=alert(1)><iframe src="http://evil.invalid"></iframe><style>@import "http://evil.invalid/c.css";</style>'
    printf '%s\n' 'Nov 22 10:00:02 web1 su: evil <link rel=stylesheet href=http://evil.invalid/l.css><meta http-equiv=refresh content="0;url=http://evil.invalid/m"><svg onload=alert(1)>&amp;&#60;'
    printf 'Nov 22 10:00:03 web1 su: evil \377\376\300\257 \355\240\200 \033]0;title\007 \342\200\256 turned\n'
    printf 'Nov 22 10:00:04 web1 su: evil %s\n' "$(head -c 1048000 /dev/zero | tr '\0' '<')"
    printf 'Nov 22 10:00:05 web1 su: evil --> ]]> <!-- <textarea><title><plaintext>\n'
} >logs/a.log
run 0 scan --rules rules --format html -o page.html --year 2026 logs && has err '^Records with findings 6 of 6'
ok $? "hostile records are found"
show page.html && ! [ -s asked ]
ok $? "the page asks for nothing"
[ ! -s console ]
ok $? "nothing stands on the console"
has dom '</html>' && ! has dom '<script\|<img\|<iframe\|<link\|<textarea\|<plaintext\|<meta http-equiv="\{0,1\}refresh' && has dom '&lt;script&gt;alert(1)&lt;/script&gt;' &&
    has dom '&lt;iframe' && [ "$(wc -c <dom)" -lt 200000 ]
ok $? "what was logged is text, and what is too long is cut"
run 0 scan --format html -o page.html --year 2026 "$samples" && show page.html && ! [ -s asked ] && ! [ -s console ] && has dom '<h2>Hosts' && has dom '<rect'
ok $? "so does the page of the sample, with its charts"
echo "1..$number"
