"""Random logs: lines of several formats, with everything in them that has ever made a search go wrong."""
import json

WORDS = ["failed", "Failed", "FAILED", "password", "root", "Root", "admin", "chroot", "user", "from", "port", "10.0.0.7", "10.0.0.70",
         "10.1.2.3", "192.168.1.1", "2001:db8::1", "sshd[42]", "error", "warn", "GET", "/index.html", "a", "b", "x_1", "C:\\Windows",
         "fe80::1%eth0", "100%", "a*b", "what?", "don't", "\"quoted\"", "a,b", "k=v", "(x)", "[y]", "-", "--", "1.50", "1000", "1e3"]
OTHER = ["失敗", "ログイン", "認証に失敗しました", "管理者", "ｱｶｳﾝﾄ", "アカウント", "ガ", "カ\u3099", "ｶﾞ", "ＡＢＣ", "ａｂｃ", "１２３", "①", "㈱",
         "пароль", "ПАРОЛЬ", "Пароль", "тост", "ТОСТ", "Σοφος", "ΣΟΦΟΣ", "σοφοσ", "straße", "STRAẞE", "İstanbul", "ısı", "ISI",
         "café", "cafe\u0301", "CAFÉ", "Ⅻ", "ⅻ", "ſet", "\u212aelvin", "kelvin", "ไทย", "한글", "😀", "、", "。", "　", "\u00a0", "\u212b", "å",
         "表", "能", "ソ", "カ", "ｶ", "か", "е\u0301", "рот", "Рот", "Ѐот", "Ѡот", "cafe", "ｷﾞ", "キ", "ñ", "n", "ﬁle", "ǆ", "Ǆ", "ǅ", "ᲄ", "Ꭰ", "ꭰ", "\ufffd", "ー"]
USERS = ["root", "Root", "admin", "山田", "ﾔﾏﾀﾞ", "ヤマダ", "eve", "", "null", "true", "007", "7", "7.0", "Žofie", "ŽOFIE", "-", "O'Neil"]
NUMBERS = ["0", "1", "7", "7.0", "007", "-1", "42", "100", "1000", "1000.0", "1e3", "1E3", "3.5", "-0", "0.0", "9007199254740993", "9223372036854775807",
           "9223372036854775808", "1e308", "1e999", "0.1", "10", "9"]
PLACES = ["10.0.0.7", "10.0.0.70", "10.1.2.3", "192.168.1.1", "2001:db8::1", "2001:DB8:0::1", "::ffff:10.0.0.7", "::1", "-", "localhost"]
JSON_NUMBER = [n for n in NUMBERS if n != "007"]


def word(random):
    return random.choice(WORDS if random.random() < 0.5 else OTHER)


class Lines:
    def __init__(self, random):
        self.random = random
        self.day = random.randrange(1, 26)
        self.longest = 1500  # a line's parts, repeated

    def word(self):
        r = self.random
        if r.random() < 0.7:
            return r.choice(WORDS)
        return r.choice(OTHER)

    def words(self, most=8):
        r = self.random
        return r.choice([" ", " ", " ", "  ", "", "　", "\t"]).join(self.word() for _ in range(r.randrange(most + 1)))

    def clock(self):
        r = self.random
        return r.randrange(3), r.randrange(24), r.randrange(60), r.choice([0, 0, 30, 59])

    def iso(self):
        r = self.random
        day, hour, minute, second = self.clock()
        return "2026-11-%02dT%02d:%02d:%02d%s%s" % (self.day + day, hour, minute, second, r.choice(["", "", ".5", ".123456789"]),
                                                    r.choice(["Z", "Z", "+09:00"]))

    def json_value(self, depth=0):
        r = self.random
        pick = r.randrange(12)
        if pick < 4:
            return json.dumps(self.words(3), ensure_ascii=r.random() < 0.3)
        if pick < 7:
            return r.choice(JSON_NUMBER)
        if pick == 7:
            return r.choice(["true", "false", "null"])
        if pick == 8:
            return "[" + ",".join(self.json_value(1) for _ in range(r.randrange(4))) + "]"
        if pick == 9 and depth == 0:
            return '{"in":%s,"ner":{"x":%s}}' % (self.json_value(1), self.json_value(1))
        if pick == 10:
            return json.dumps(r.choice(PLACES))
        return json.dumps(r.choice(USERS), ensure_ascii=False)

    def json(self):
        r = self.random
        members = []
        if r.random() < 0.8:
            members.append('"time":"%s"' % self.iso())
        for name in ["user.name", "n", "source.ip", "message", "url.path", "msg", "strange name", "タグ", "tags", "http.response.status_code", "m", "at"]:
            if r.random() < 0.45:
                if name == "n" or name == "m":
                    value = r.choice(JSON_NUMBER) if r.random() < 0.7 else self.json_value()
                elif name == "source.ip":
                    value = json.dumps(r.choice(PLACES))
                elif name == "http.response.status_code":
                    value = r.choice(["200", "404", "500", "503", "\"404\"", "\"-\""])
                elif name == "user.name":
                    value = json.dumps(r.choice(USERS), ensure_ascii=False)
                elif name == "at":
                    value = json.dumps(self.iso() if r.random() < 0.8 else "2026-11-%02d" % self.day)
                elif name == "tags":
                    value = "[" + ",".join(json.dumps(self.word()) for _ in range(r.randrange(4))) + "]"
                else:
                    value = self.json_value()
                members.append("%s:%s" % (json.dumps(name, ensure_ascii=False), value))
        r.shuffle(members)
        return "{" + ",".join(members) + "}"

    def syslog(self):
        r = self.random
        day, hour, minute, second = self.clock()
        return "%sNov %2d %02d:%02d:%02d %s %s: %s" % (r.choice(["", "<13>", "<165>"]), self.day + day, hour, minute, second,
                                                       r.choice(["web-1", "web-2", "db", "経理部"]), r.choice(["sshd[42]", "sshd[100]", "kernel", "su"]), self.words())

    def rfc5424(self):
        r = self.random
        return '<%d>1 %s %s app %s ID1 [ex@1 user="%s" n="%s"] %s' % (r.randrange(192), self.iso(), r.choice(["web-1", "db"]), r.choice(["7", "-"]),
                                                                     r.choice(["root", "eve", "山田"]), r.choice(["1", "10", "x"]), self.words())

    def access(self):
        r = self.random
        day, hour, minute, second = self.clock()
        return '%s - %s [%02d/Nov/2026:%02d:%02d:%02d +0000] "%s %s HTTP/1.1" %s %s "%s" "%s"' % (
            r.choice(["10.0.0.7", "10.0.0.70", "2001:db8::1"]), r.choice(["-", "root", "eve"]), self.day + day, hour, minute, second, r.choice(["GET", "POST"]),
            r.choice(["/", "/index.html", "/admin.php", "/a/b?x=1&y=%41", "/ログ"]), r.choice(["200", "404", "500"]), r.choice(["-", "0", "512", "1000"]),
            r.choice(["-", "http://example.org/"]), r.choice(["curl/8", "Mozilla/5.0 (X11)"]))

    def plain(self):
        r = self.random
        pick = r.randrange(10)
        if pick == 0:
            return ""
        if pick == 1:
            return " ".join("%s=%s" % (r.choice(["user", "ip", "n"]), r.choice(WORDS + OTHER)) for _ in range(4))
        if pick == 2:
            return self.iso() + " " + self.words()
        if pick == 3 and r.random() < 0.1:
            return self.words(3) * r.randrange(1, self.longest)
        return self.words(12)

    # ---- lines of few kinds with ever new values, as programs write them ----

    def fresh_value(self, kind):
        r = self.random
        if kind == "address":
            return "%d.%d.%d.%d" % (r.choice([10, 192, 203]), r.randrange(4), r.randrange(256), r.randrange(256))
        if kind == "number":
            return str(int(r.paretovariate(0.5)) % 10**9)
        if kind == "padded":
            return "%06d" % r.randrange(3000)
        if kind == "hex":
            return "%08x" % r.randrange(2**32)
        if kind == "decimal":
            return "%.*f" % (r.randrange(1, 5), r.random() * 100)
        if kind == "name":
            return r.choice("CFx") + "".join(r.choice("abcDEFghiJKL0123456789") for _ in range(r.choice([8, 8, 17])))
        if kind == "user":
            return "%s%d" % (r.choice(["user", "svc_", "山田"]), r.randrange(500))
        return r.choice(["root", "admin", "guest", "Failed", "error", "password", "経理部", "from", "10"])

    def fresh_kind(self):
        """A function that makes lines of one kind."""
        r = self.random
        kinds = [r.choice(["address", "number", "padded", "hex", "decimal", "name", "user", "word"]) for _ in range(r.randrange(1, 6))]
        value = self.fresh_value
        if r.random() < 0.4:
            names = r.sample(["user.name", "n", "source.ip", "msg", "m", "id.orig", "タグ", "uid"], min(len(kinds), 5))
            bare = [kind in ("number", "decimal") and r.random() < 0.7 for kind in kinds]
            stamped = r.random() < 0.7
            return lambda: "{%s%s}" % ('"time":"%s",' % self.iso() if stamped else "", ",".join(
                ('"%s":%s' if plain else '"%s":"%s"') % (name, value(kind)) for name, kind, plain in zip(names, kinds, bare)))
        parts = [r.choice(["%s", "%s", "user=%s", "(%s)", "%sms", "/%s/x", "%s%%"]) for _ in kinds]
        words = [self.words(3) for _ in range(len(kinds) + 1)]
        program = r.choice(["sshd[%s]", "kernel", "su"])
        host = r.choice(["web-1", "db"])

        def line():
            text = words[0]
            for part, kind, behind in zip(parts, kinds, words[1:]):
                text += " " + part.replace("%s", value(kind)).replace("%%", "%") + " " + behind
            day, hour, minute, second = self.clock()
            tag = program % value("number") if "%s" in program else program
            return "<13>Nov %2d %02d:%02d:%02d %s %s: %s" % (self.day + day, hour, minute, second, host, tag, text)
        return line

    def fresh_file(self, count):
        r = self.random
        kinds = [self.fresh_kind() for _ in range(r.randrange(1, 7))]
        shares = [r.choice([1, 1, 4, 20]) for _ in kinds]
        lines = [r.choices(kinds, shares)[0]().replace("\n", " ").encode("utf-8", "surrogatepass") for _ in range(count)]
        for at in range(r.randrange(20)):
            lines[r.randrange(count)] = self.line()
        return b"\n".join(lines) + b"\n"

    def line(self):
        """One line as bytes, without its end."""
        r = self.random
        line = r.choice([self.json, self.json, self.syslog, self.rfc5424, self.access, self.plain])().replace("\n", " ")
        data = line.encode("utf-8", "surrogatepass")
        if r.random() < 0.04 and data:
            at = r.randrange(len(data))
            data = data[:at] + r.choice([b"\xff", b"\xe3\x81", b"\x80", b"\xc3", b"\x00", b"\xed\xa0\x80", b"\x1b[1m"]) + data[at + r.randrange(2):]
        return data.replace(b"\n", b" ")

    def file(self, most):
        r = self.random
        kinds = self.random.random()
        lines = [self.line() for _ in range(r.randrange(1, min(most, 400) + 1))]
        if most > 400:
            lines = [r.choice(lines) for _ in range(r.randrange(most // 2, most + 1))]
        if kinds < 0.3 and lines:  # many alike: dictionaries and constants in the columns
            lines = [r.choice(lines[:5]) for _ in lines]
        end = b"\r\n" if r.random() < 0.05 else b"\n"
        return end.join(lines) + (end if r.random() < 0.9 else b"")
