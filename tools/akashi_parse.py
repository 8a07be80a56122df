#!/usr/bin/env python3
"""akashi_parse.py AKASHI PARSE_PART TOOLS [KIND...]: all lines of the corpus through `akashi parse`, scored by kind.
Held when 98 % of the expected fields of the formats that Akashi names are right, and 90 % of each that has ten
lines or more. What SEKOIA chooses for event.category and event.type is its own and is counted apart. With KIND: the
misses of these kinds are printed. Exit status 1: a bar is not met."""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

# Kinds of the corpus that are of formats which the issue Reading names.
NAMED = set("""
sshd pam sudo su kernel iptables ufw auditd laurel cron systemd syslog docker k8s rfc3164 rfc5424
windows iis ja_windows cisco_asa cisco_ios fortinet fortinet-vpn paloalto paloalto_traffic palo-alto-threat
checkpoint checkpoint-smart1 juniper junos-ids junos-rt-flow sonicwall mikrotik pf pfsense-gui-auth opnsense-gui-auth
zeek zeek_tsv zeek_json suricata squid haproxy bind unbound dnsmasq dhcpd openvpn wireguard
apache nginx web_access postfix postscreen postfix-reject dovecot dovecot-info exim vsftpd proftpd smb smbd mysqld mysql mariadb
pgsql pgsql-user-enum redis mongodb openldap freeradius fail2ban modsecurity
cloudtrail aws-cloudtrail aws_vpcflow guardduty azure m365 gcp gws okta github
cef leef gelf json esxi ja_syslog ja_time ja_encoding hostile
""".split())
CHOICES = ("event.category", "event.type")


def lines_through(akashi, part, tools):
    """Runs the corpus' own driver; returns the expected records and the results."""
    run = subprocess.run([sys.executable, os.path.join(tools, "akashi_lines.py"), akashi, part,
                          os.path.join(tools, "score_parse.py")], capture_output=True, text=True, check=False)
    found = re.search(r"whole report: (\S+)/report\.txt", run.stderr)
    if found is None:
        sys.exit("the corpus' driver failed: " + run.stderr[-400:])
    folder = found.group(1)
    expected = [json.loads(line) for line in open(os.path.join(folder, "exp.jsonl"), encoding="utf-8")]
    return expected, os.path.join(folder, "res.jsonl")


def score(tools, expected, results, arguments=()):
    """The scorer's report over these expectations."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for row in expected:
            file.write(json.dumps(row) + "\n")
        file.flush()
        run = subprocess.run([sys.executable, os.path.join(tools, "score_parse.py"), file.name, results,
                              "-v", "1000", *arguments], capture_output=True, text=True, check=False)
    return run.stdout


def totals(report):
    found = re.search(r"fields (\d+), right (\d+)", report)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def percent(pair):
    return 100.0 * pair[1] / pair[0] if pair[0] else 100.0


def by_kind(tools, expected, results):
    kinds = collections.defaultdict(list)
    for row in expected:
        kinds[row["kind"]].append(row)
    return {kind: (len(rows), totals(score(tools, rows, results))) for kind, rows in kinds.items()}


def main():
    akashi, part, tools, wanted = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    expected, results = lines_through(akashi, part, tools)
    own, choices = [], []
    for row in expected:
        if row["source"] == "sekoia":
            fields = row["expected"]
            choices.append(dict(row, expected={k: v for k, v in fields.items() if k in CHOICES}))
            row = dict(row, expected={k: v for k, v in fields.items() if k not in CHOICES})
        own.append(row)
    for kind in wanted:
        print(score(tools, [row for row in own if row["kind"] == kind], results))
    kinds = by_kind(tools, own, results)
    named = [0, 0]
    others = [0, 0]
    low = []
    for kind, (count, pair) in kinds.items():
        side = named if kind in NAMED else others
        side[0] += pair[0]
        side[1] += pair[1]
        if count >= 10 and percent(pair) < 90.0:
            low.append((percent(pair), kind, count))
    print("named formats: %d of %d fields (%.1f %%)" % (named[1], named[0], percent(named)))
    print("other formats: %d of %d fields (%.1f %%)" % (others[1], others[0], percent(others)))
    print("SEKOIA's choices: %.1f %%" % percent(totals(score(tools, choices, results))))
    for share, kind, count in sorted(low):
        print("under 90 %%: %-24s %4d lines %5.1f %%%s" % (kind, count, share, "" if kind in NAMED else " (not named)"))
    held = percent(named) >= 98.0 and not any(kind in NAMED for _, kind, _ in low)
    sys.exit(0 if held else 1)


main()
