#!/usr/bin/env python3
"""make_sample.py [OUT]: writes samples/intrusion, the story that its README tells.

Two hosts, five formats, about 2,000 lines. The same bytes every time: no clock, no random module.
All names and addresses are set aside for documentation (RFC 2606, RFC 5737). What is written here
is invented; tests/tools/sample_test.py compares the committed files with it.
"""
import json
import os
import sys
from datetime import datetime, timedelta, timezone

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START = datetime(2026, 11, 20, 22, 0, 0, tzinfo=timezone.utc)
SKEW = timedelta(minutes=7, seconds=12)  # app02's clock is this much ahead
JST = timezone(timedelta(hours=9))
WEB, APP = "192.0.2.10", "192.0.2.20"
SCANNER, OPERATOR = "203.0.113.66", "198.51.100.23"
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
)


class Dice:
    """A small generator of our own, so that the sample never depends on a library's version."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def pick(self, items):
        return items[self.below(len(items))]


def at(text):
    """An instant of the night: "01:12:04" is of the 21st, "22:..." and "23:..." of the 20th."""
    hour, minute, second = (int(part) for part in text.split(":"))
    day = 20 if hour >= 22 else 21
    return datetime(2026, 11, day, hour, minute, second, tzinfo=timezone.utc)


def spread(dice, first, last, count):
    """count instants between first and last, in order."""
    span = int((last - first).total_seconds() * 1000)
    return sorted(first + timedelta(milliseconds=dice.below(span)) for _ in range(count))


class Log:
    """Lines with their times; written in order of time."""

    def __init__(self):
        self.rows = []

    def add(self, when, line):
        self.rows.append((when, len(self.rows), line))

    def bytes(self, encoding="utf-8", newline="\n"):
        return "".join(line + newline for _, _, line in sorted(self.rows)).encode(encoding)


# --- web01: nginx, combined format ---

PAGES = ("/", "/items", "/items/114", "/items/220", "/items/381", "/cart", "/static/shop.css", "/static/shop.js", "/img/logo.png", "/search?q=lamp", "/search?q=desk", "/checkout")
WORDS = (
    "admin backup old test dev staging private config setup install update log logs tmp temp cache data db sql dump export "
    "user users login manager console portal panel status info debug trace error api v1 v2 internal hidden secret key keys "
    "cert ssl conf include lib vendor upload uploads files file media docs doc help support report reports archive store"
).split()
ENDINGS = ("", "/", ".php", ".bak", ".zip", ".sql", ".old")


def access(log, when, address, method, path, status, size, agent, referrer="-"):
    stamp = when.strftime("%d/%b/%Y:%H:%M:%S +0000")
    log.add(when, '%s - - [%s] "%s %s HTTP/1.1" %d %d "%s" "%s"' % (address, stamp, method, path, status, size, referrer, agent))


def scanner_status(path):
    if path in ("/backup/", "/upload/"):
        return 200, 1187
    if path.startswith(("/config", "/conf", "/internal", "/private")):
        return 403, 153
    return 404, 153


def access_log(dice):
    log = Log()
    for when in spread(dice, START, at("05:30:00"), 420):
        page = dice.pick(PAGES)
        status = 500 if dice.below(80) == 0 else 304 if dice.below(9) == 0 else 200
        size = 0 if status == 304 else 170 if status == 500 else 900 + dice.below(24000)
        referrer = "-" if dice.below(3) == 0 else "https://shop.example.org" + dice.pick(PAGES)
        access(log, when, "192.0.2.%d" % (100 + dice.below(60)), "POST" if page == "/checkout" else "GET", page, status, size, dice.pick(BROWSERS), referrer)
    words = ["/" + word + ending for word in WORDS for ending in ENDINGS][:412]
    for when, path in zip(spread(dice, at("01:12:04"), at("01:16:41"), len(words)), words):
        status, size = scanner_status(path)
        access(log, when, SCANNER, "GET", path, status, size, "dirwalk/2.1")
    shell(log)
    return log.bytes()


SHELL = (
    ("02:03:17", "GET", "", 29), ("02:03:41", "GET", "?c=id", 54), ("02:04:02", "GET", "?c=uname+-a", 131),
    ("02:04:30", "GET", "?c=cat+/etc/passwd", 1932), ("02:05:11", "GET", "?c=ss+-tlnp", 877), ("02:06:48", "GET", "?c=ls+-la+/var/www/shop", 1304),
    ("02:07:25", "GET", "?c=cat+/var/www/shop/.env", 412), ("02:09:03", "GET", "?c=getent+hosts+app02", 48), ("02:10:40", "POST", "", 61),
    ("02:12:15", "GET", "?c=ls+/home", 39), ("02:14:52", "GET", "?c=cat+/home/deploy/.ssh/config", 203), ("02:18:37", "GET", "?c=sudo+-l", 266),
    ("02:24:55", "POST", "", 18), ("02:25:07", "GET", "?c=ssh+gyomu@app02+hostname", 6), ("02:27:30", "GET", "?c=ssh+gyomu@app02+export_customers", 24),
    ("02:33:12", "GET", "?c=scp+gyomu@app02:/tmp/kokyaku.csv+/var/www/shop/upload/k.csv", 0), ("02:39:20", "GET", "?c=ls+-l+/var/www/shop/upload", 187),
    ("02:46:08", "GET", "?c=rm+/var/www/shop/upload/k.csv", 0), ("02:46:31", "GET", "?c=rm+/var/www/shop/upload/help.php", 0),
)


def shell(log):
    """The web shell: 19 requests, then the stolen file, then a request that finds it gone."""
    agent = BROWSERS[0]
    for when, method, query, size in SHELL:
        access(log, at(when), OPERATOR, method, "/upload/help.php" + query, 200, size, agent)
    access(log, at("02:41:33"), OPERATOR, "GET", "/upload/k.csv", 200, 1834112, agent)
    access(log, at("02:47:02"), OPERATOR, "GET", "/upload/help.php", 404, 153, agent)


# --- web01: auth.log, RFC 3164, no year ---


def auth(log, when, program, pid, message):
    tag = "%s[%d]" % (program, pid) if pid else program
    log.add(when, "%s %2d %s web01 %s: %s" % (when.strftime("%b"), when.day, when.strftime("%H:%M:%S"), tag, message))


GUESSED = ("root", "root", "root", "admin", "test", "oracle", "postgres", "ubuntu", "deploy", "git", "backup", "user")
EXISTING = ("root", "deploy", "backup")


def brute_force(log, dice):
    """286 wrong passwords, then the right one for deploy."""
    for i, when in enumerate(spread(dice, at("01:31:10"), at("01:52:30"), 286)):
        user, pid, port = dice.pick(GUESSED), 21400 + i, 40000 + dice.below(20000)
        who = user if user in EXISTING else "invalid user " + user
        auth(log, when, "sshd", pid, "Failed password for %s from %s port %d ssh2" % (who, SCANNER, port))
    when = at("01:52:37")
    auth(log, when, "sshd", 21702, "Accepted password for deploy from %s port 51844 ssh2" % SCANNER)
    auth(log, when, "sshd", 21702, "pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)")


SUDO = (
    ("01:54:49", "/usr/bin/id"),
    ("01:57:20", "/usr/bin/cp /tmp/.x/help.php /var/www/shop/upload/help.php"),
    ("01:57:41", "/usr/bin/chown www-data:www-data /var/www/shop/upload/help.php"),
    ("01:59:05", "/usr/sbin/useradd -m -G sudo svc-backup"),
    ("02:00:12", "/usr/bin/tee -a /etc/sudoers.d/www"),
    ("02:48:19", "/usr/bin/rm -r /tmp/.x"),
)


def intruder(log):
    auth(log, at("01:54:31"), "sudo", 0, "pam_unix(sudo:auth): authentication failure; logname=deploy uid=1001 euid=0 tty=/dev/pts/1 ruser=deploy rhost=  user=deploy")
    for when, command in SUDO:
        auth(log, at(when), "sudo", 0, "  deploy : TTY=pts/1 ; PWD=/home/deploy ; USER=root ; COMMAND=" + command)
        auth(log, at(when), "sudo", 0, "pam_unix(sudo:session): session opened for user root(uid=0) by deploy(uid=1001)")
        auth(log, at(when), "sudo", 0, "pam_unix(sudo:session): session closed for user root")
    auth(log, at("01:59:05"), "useradd", 21790, "new user: name=svc-backup, UID=1007, GID=1007, home=/home/svc-backup, shell=/bin/sh, from=/dev/pts/1")
    auth(log, at("02:49:55"), "sshd", 21702, "pam_unix(sshd:session): session closed for user deploy")


def auth_log(dice):
    log = Log()
    for when in spread(dice, START, at("05:30:00"), 40):
        pid = 20000 + dice.below(900)
        auth(log, when, "CRON", pid, "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
        auth(log, when + timedelta(seconds=1), "CRON", pid, "pam_unix(cron:session): session closed for user root")
    for when in spread(dice, START, at("05:30:00"), 12):
        pid = 20900 + dice.below(90)
        auth(log, when, "sshd", pid, "Accepted publickey for kato from 192.0.2.31 port %d ssh2: ED25519 SHA256:3x9dQ0Qb8m5t1y7Jm2l6VqT4cW8pN0aZrKfUeHsGd1o" % (30000 + dice.below(9999)))
        auth(log, when + timedelta(seconds=90), "sshd", pid, "Received disconnect from 192.0.2.31 port 30000:11: disconnected by user")
    brute_force(log, dice)
    intruder(log)
    return log.bytes()


# --- web01: the shop's own log, one JSON object a line ---


def shop(log, when, level, message, **more):
    stamp = when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (when.microsecond // 1000)
    log.add(when, json.dumps({"timestamp": stamp, "level": level, "service": "shop", "message": message, **more}, ensure_ascii=False, separators=(",", ":")))


def shop_log(dice):
    log = Log()
    names = ("Sato Yui", "佐藤 結衣", "Tanaka Ken", "鈴木 翔", "Mori Aya", "加藤 蓮")
    for i, when in enumerate(spread(dice, START, at("05:30:00"), 288)):
        kind = dice.below(10)
        client = {"ip": "192.0.2.%d" % (100 + dice.below(60))}
        if kind < 4:
            shop(log, when, "info", "order placed", order={"id": 88100 + i, "items": 1 + dice.below(5), "total_jpy": 1200 + 10 * dice.below(4000)}, customer=dice.pick(names), client=client)
        elif kind < 8:
            shop(log, when, "info", "search", query=dice.pick(("lamp", "desk", "机", "椅子", "chair")), results=dice.below(60), duration_ms=3 + dice.below(90), client=client)
        elif kind < 9:
            shop(log, when, "warn", "payment declined", order={"id": 88100 + i}, client=client)
        else:
            shop(log, when, "debug", "cache refreshed", entries=200 + dice.below(300), duration_ms=dice.below(20))
    shop(log, at("01:16:42"), "warn", "rate limit reached", client={"ip": SCANNER}, requests=412, window_s=300)
    shop(log, at("01:57:43"), "error", "upload folder holds a script", file={"path": "/var/www/shop/upload/help.php", "size": 1432, "owner": "www-data"})
    shop(log, at("02:07:26"), "warn", "configuration file was read by another process", file={"path": "/var/www/shop/.env"}, process={"name": "sh", "parent": "php-fpm"})
    shop(log, at("02:33:14"), "error", "upload folder holds a large file", file={"path": "/var/www/shop/upload/k.csv", "size": 1834112, "owner": "www-data"})
    return log.bytes()


# --- app02: RFC 5424, its clock ahead of the others ---


def modern(log, when, priority, program, pid, msgid, data, message):
    stamp = (when + SKEW).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
    log.add(when, "<%d>1 %s app02.example.org %s %s %s %s %s" % (priority, stamp, program, pid or "-", msgid or "-", data or "-", message))


def syslog_log(dice):
    log = Log()
    for when in spread(dice, START, at("05:30:00"), 150):
        kind = dice.below(3)
        if kind == 0:
            modern(log, when, 30, "systemd", 1, None, None, dice.pick(("Started gyomu-batch.service - 受発注の集計.", "gyomu-batch.service: Deactivated successfully.", "Starting logrotate.service - Rotate log files...")))
        elif kind == 1:
            modern(log, when, 78, "CRON", 800 + dice.below(99), None, None, "(gyomu) CMD (/opt/gyomu/bin/shukei --yakan)")
        else:
            data = '[gyomu@32473 kyoten="大阪" kensu="%d"]' % dice.below(90)
            modern(log, when, 134, "gyomu", 612, "SHUKEI", data, "\ufeff集計が終わりました")
    session = "pam_unix(sshd:session): session opened for user gyomu(uid=1000) by (uid=0)"
    for i, when in enumerate(("02:25:08", "02:27:31", "02:33:12")):
        modern(log, at(when), 86, "sshd", 3301 + i, None, None, "Accepted publickey for gyomu from %s port %d ssh2: ED25519 SHA256:Q7m1yT0aXc5n9Lr2Vw8Kd3Fz6Bs4HgJePuOiRtYqNxA" % (WEB, 47110 + i))
        modern(log, at(when), 86, "sshd", 3301 + i, None, None, session)
    modern(log, at("02:27:32"), 85, "gyomu", 3309, "SHUTSURYOKU", '[gyomu@32473 daicho="顧客台帳" kensu="4120" riyosha="gyomu"]', "\ufeff一括出力を始めました")
    modern(log, at("02:30:58"), 85, "gyomu", 3309, "SHUTSURYOKU", '[gyomu@32473 daicho="顧客台帳" kensu="4120" riyosha="gyomu"]', "\ufeff一括出力が終わりました")
    modern(log, at("05:29:40"), 28, "chronyd", 511, None, None, "System clock wrong by -432.004 seconds")
    return log.bytes()


# --- app02: a Japanese application log, Shift_JIS, local time, no zone ---


def gyomu(log, when, level, text):
    log.add(when, "%s [%s] %s" % ((when + SKEW).astimezone(JST).strftime("%Y/%m/%d %H:%M:%S"), level, text))


def gyomu_log(dice):
    log = Log()
    staff = ("sato", "tanaka", "mori", "kato")
    for when in spread(dice, START, at("05:30:00"), 232):
        kind = dice.below(8)
        who, where = dice.pick(staff), "192.0.2.%d" % (31 + dice.below(9))
        if kind == 0:
            gyomu(log, when, "情報", "認証: ログイン成功 利用者=%s 接続元=%s" % (who, where))
        elif kind == 1 and dice.below(3) == 0:
            gyomu(log, when, "警告", "認証: ログイン失敗 利用者=%s 接続元=%s" % (who, where))
        elif kind < 5:
            gyomu(log, when, "情報", "受注: 登録 番号=%d 品目=%s 数量=%d 利用者=%s" % (500000 + dice.below(9999), dice.pick(("机", "椅子", "照明", "棚")), 1 + dice.below(40), who))
        elif kind < 7:
            gyomu(log, when, "情報", "在庫: 照会 品目=%s 利用者=%s" % (dice.pick(("机", "椅子", "照明", "棚")), who))
        else:
            gyomu(log, when, "情報", "帳票: 印刷 種類=納品書 枚数=%d 利用者=%s" % (1 + dice.below(9), who))
    gyomu(log, at("02:27:31"), "情報", "認証: ログイン成功 利用者=gyomu 接続元=%s" % WEB)
    gyomu(log, at("02:27:32"), "警告", "顧客台帳: 一括出力 開始 件数=4120 利用者=gyomu 出力先=/tmp/kokyaku.csv")
    gyomu(log, at("02:30:58"), "警告", "顧客台帳: 一括出力 完了 件数=4120 利用者=gyomu 出力先=/tmp/kokyaku.csv")
    return log.bytes("cp932", "\r\n")


FILES = (
    ("web01/access.log", access_log, 20261121),
    ("web01/auth.log", auth_log, 3164),
    ("web01/shop.jsonl", shop_log, 8259),
    ("app02/syslog.log", syslog_log, 5424),
    ("app02/gyomu.log", gyomu_log, 932),
)


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "samples", "intrusion")
    for path, make, seed in FILES:
        path = os.path.join(out, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(make(Dice(seed)))


if __name__ == "__main__":
    main()
