/* See charset.h. Decoding is by tables of our own, made when the program is built: it keeps no
 * state, needs no modules of the C library at run time, and goes on after a bad byte exactly one
 * byte later. Japanese double bytes share one table: rows of JIS X 0208 have an arithmetic place in
 * code page 932 (JIS X 0208:1997, annex 1).
 */
#include "codec/charset.h"

#include "base/utf8.h"
#include "charset_tables.gen.inc"

bool charset_by_name(struct str name, enum charset_id *out_charset) {
	static const struct {
		struct str name;
		enum charset_id charset;
	} names[] = {
	    {STR_INIT("utf8"), CHARSET_ID_UTF8},
	    {STR_INIT("ascii"), CHARSET_ID_UTF8},
	    {STR_INIT("usascii"), CHARSET_ID_UTF8},
	    {STR_INIT("shiftjis"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("sjis"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("cp932"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("ms932"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("windows31j"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("windows932"), CHARSET_ID_SHIFT_JIS},
	    {STR_INIT("eucjp"), CHARSET_ID_EUC_JP},
	    {STR_INIT("ujis"), CHARSET_ID_EUC_JP},
	    {STR_INIT("eucjpms"), CHARSET_ID_EUC_JP},
	    {STR_INIT("eucjpwin"), CHARSET_ID_EUC_JP},
	    {STR_INIT("cp51932"), CHARSET_ID_EUC_JP},
	    {STR_INIT("iso2022jp"), CHARSET_ID_ISO_2022_JP},
	    {STR_INIT("cp50221"), CHARSET_ID_ISO_2022_JP},
	    {STR_INIT("jis"), CHARSET_ID_ISO_2022_JP},
	    {STR_INIT("utf16"), CHARSET_ID_UTF16LE},
	    {STR_INIT("utf16le"), CHARSET_ID_UTF16LE},
	    {STR_INIT("ucs2le"), CHARSET_ID_UTF16LE},
	    {STR_INIT("utf16be"), CHARSET_ID_UTF16BE},
	    {STR_INIT("latin1"), CHARSET_ID_LATIN1},
	    {STR_INIT("iso88591"), CHARSET_ID_LATIN1},
	    {STR_INIT("windows1252"), CHARSET_ID_LATIN1},
	    {STR_INIT("cp1252"), CHARSET_ID_LATIN1},
	};
	char plain[16];
	size_t len = 0;
	for (size_t i = 0; i < name.len; i++) {
		char c = char_lower(name.ptr[i]);
		if (c == '-' || c == '_' || c == ' ' || c == '.') {
			continue;
		}
		if (len == sizeof(plain)) {
			return false;
		}
		plain[len++] = c;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(str_make(plain, len), names[i].name)) {
			*out_charset = names[i].charset;
			return true;
		}
	}
	return false;
}

struct str charset_name(enum charset_id charset) {
	static const struct str names[CHARSET_ID_COUNT] = {
	    [CHARSET_ID_UTF8] = STR_INIT("utf-8"),
	    [CHARSET_ID_SHIFT_JIS] = STR_INIT("shift_jis"),
	    [CHARSET_ID_EUC_JP] = STR_INIT("euc-jp"),
	    [CHARSET_ID_ISO_2022_JP] = STR_INIT("iso-2022-jp"),
	    [CHARSET_ID_UTF16LE] = STR_INIT("utf-16le"),
	    [CHARSET_ID_UTF16BE] = STR_INIT("utf-16be"),
	    [CHARSET_ID_LATIN1] = STR_INIT("windows-1252"),
	};
	ASSERT(charset < CHARSET_ID_COUNT);
	return names[charset];
}

/* ---- one character ---- */

/* The code point of a double byte of code page 932, or 0. */
static uint32_t cp932_double(uint8_t lead, uint8_t trail) {
	bool low = lead >= 0x81 && lead <= 0x9f;
	bool high = lead >= 0xe0 && lead <= 0xfc;
	if ((!low && !high) || trail < 0x40 || trail == 0x7f || trail > 0xfc) {
		return 0;
	}
	unsigned row = low ? lead - 0x81u : lead - 0xe0u + 31u;
	return cp932_table[row][trail - 0x40u - (trail > 0x7f)];
}

/* The code point of row and cell (0..93) of JIS X 0208 with the extensions of Windows, or 0. */
static uint32_t jis0208(unsigned row, unsigned cell) {
	unsigned lead = (row < 62 ? 0x81u : 0xc1u) + row / 2;
	unsigned trail = row % 2 == 0 ? cell + 0x40 + (cell >= 63) : cell + 0x9f;
	return cp932_double((uint8_t)lead, (uint8_t)trail);
}

enum { KANA_FIRST = 0xa1, KANA_LAST = 0xdf, HALF_WIDTH = 0xff61 };

/* Every decoder below reads one character of text at *at (not the end) and moves behind it;
 * *out_ok false: a bad byte, moved by one. */

static uint32_t next_shift_jis(struct str text, size_t *at, bool *out_ok) {
	uint8_t c = (uint8_t)text.ptr[(*at)++];
	*out_ok = true;
	if (c < 0x80) {
		return c;
	}
	if (c >= KANA_FIRST && c <= KANA_LAST) {
		return HALF_WIDTH + (uint32_t)(c - KANA_FIRST);
	}
	uint32_t found = *at < text.len ? cp932_double(c, (uint8_t)text.ptr[*at]) : 0;
	*out_ok = found != 0;
	*at += found != 0;
	return found != 0 ? found : UTF8_REPLACEMENT;
}

static uint32_t next_euc_jp(struct str text, size_t *at, bool *out_ok) {
	uint8_t c = (uint8_t)text.ptr[*at];
	size_t left = text.len - *at;
	uint8_t second = left > 1 ? (uint8_t)text.ptr[*at + 1] : 0;
	uint8_t third = left > 2 ? (uint8_t)text.ptr[*at + 2] : 0;
	uint32_t found = 0;
	size_t size = 2;
	*out_ok = true;
	if (c < 0x80) {
		*at += 1;
		return c;
	}
	if (c == 0x8e && second >= KANA_FIRST && second <= KANA_LAST) {
		found = HALF_WIDTH + (uint32_t)(second - KANA_FIRST);
	} else if (c == 0x8f && second >= 0xa1 && second <= 0xfe && third >= 0xa1 && third <= 0xfe) {
		found = jis0212_table[second - 0xa1][third - 0xa1];
		size = 3;
	} else if (c >= 0xa1 && c <= 0xfe && second >= 0xa1 && second <= 0xfe) {
		found = jis0208(c - 0xa1u, second - 0xa1u);
	}
	*out_ok = found != 0;
	*at += found != 0 ? size : 1;
	return found != 0 ? found : UTF8_REPLACEMENT;
}

static uint32_t unit_at(struct str text, size_t at, bool big) {
	uint8_t first = (uint8_t)text.ptr[at];
	uint8_t second = (uint8_t)text.ptr[at + 1];
	return big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

static uint32_t next_utf16(struct str text, size_t *at, bool big, bool *out_ok) {
	*out_ok = false;
	if (text.len - *at < 2) {
		*at = text.len;
		return UTF8_REPLACEMENT;
	}
	uint32_t unit = unit_at(text, *at, big);
	*at += 2;
	if ((unit & 0xf800) != 0xd800) {
		*out_ok = true;
		return unit;
	}
	if (unit >= 0xdc00 || text.len - *at < 2) {
		return UTF8_REPLACEMENT;
	}
	uint32_t low = unit_at(text, *at, big);
	if ((low & 0xfc00) != 0xdc00) {
		return UTF8_REPLACEMENT;
	}
	*at += 2;
	*out_ok = true;
	return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

/* Windows-1252; the five bytes without a meaning are bad. */
static uint32_t next_latin1(struct str text, size_t *at, bool *out_ok) {
	static const uint16_t upper[32] = {
	    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
	uint8_t c = (uint8_t)text.ptr[(*at)++];
	uint32_t found = c >= 0x80 && c < 0xa0 ? upper[c - 0x80] : c;
	*out_ok = found != 0 || c == 0;
	return *out_ok ? found : UTF8_REPLACEMENT;
}

/* ---- ISO-2022-JP (RFC 1468, with the kana and JIS X 0212 of its later forms) ---- */

enum jis_mode { JIS_ASCII, JIS_KANA, JIS_0208, JIS_0212 };

/* The escape sequence at the start of text; 0 when it is none of ours. */
static size_t jis_escape(struct str text, enum jis_mode *out_mode) {
	static const struct {
		struct str bytes;
		enum jis_mode mode;
	} escapes[] = {
	    {STR_INIT("\x1b(B"), JIS_ASCII}, {STR_INIT("\x1b(J"), JIS_ASCII},
	    {STR_INIT("\x1b(I"), JIS_KANA},  {STR_INIT("\x1b$@"), JIS_0208},
	    {STR_INIT("\x1b$B"), JIS_0208},  {STR_INIT("\x1b$(D"), JIS_0212},
	};
	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		if (str_starts(text, escapes[i].bytes)) {
			*out_mode = escapes[i].mode;
			return escapes[i].bytes.len;
		}
	}
	return 0;
}

static bool jis_byte(uint8_t c) {
	return c >= 0x21 && c <= 0x7e;
}

/* A character in one of the 94-sets; the byte at *at is one of them. */
static uint32_t next_jis(struct str text, size_t *at, enum jis_mode mode, bool *out_ok) {
	uint8_t c = (uint8_t)text.ptr[(*at)++];
	uint8_t second = *at < text.len ? (uint8_t)text.ptr[*at] : 0;
	uint32_t found = 0;
	if (mode == JIS_KANA) {
		found = c <= 0x5f ? HALF_WIDTH + (c - 0x21u) : 0;
	} else if (jis_byte(second)) {
		found = mode == JIS_0208 ? jis0208(c - 0x21u, second - 0x21u)
		                         : jis0212_table[c - 0x21][second - 0x21];
		*at += found != 0;
	}
	*out_ok = found != 0;
	return found != 0 ? found : UTF8_REPLACEMENT;
}

static bool decode_iso_2022_jp(struct str text, struct buf *out) {
	enum jis_mode mode = JIS_ASCII;
	bool all_ok = true;
	size_t at = 0;
	while (at < text.len) {
		uint8_t c = (uint8_t)text.ptr[at];
		size_t escape = c == 0x1b ? jis_escape(str_slice(text, at, text.len), &mode) : 0;
		bool ok = true;
		if (escape > 0) {
			at += escape;
		} else if (mode != JIS_ASCII && jis_byte(c)) {
			utf8_append(out, next_jis(text, &at, mode, &ok));
		} else {
			mode = c == '\n' || c == '\r' ? JIS_ASCII : mode; /* lines begin in ASCII */
			ok = c < 0x80;
			utf8_append(out, ok ? c : UTF8_REPLACEMENT);
			at++;
		}
		all_ok &= ok;
	}
	return all_ok;
}

/* ---- whole texts ---- */

static uint32_t next_of(enum charset_id charset, struct str text, size_t *at, bool *out_ok) {
	switch (charset) {
	case CHARSET_ID_SHIFT_JIS:
		return next_shift_jis(text, at, out_ok);
	case CHARSET_ID_EUC_JP:
		return next_euc_jp(text, at, out_ok);
	case CHARSET_ID_UTF16LE:
		return next_utf16(text, at, false, out_ok);
	case CHARSET_ID_UTF16BE:
		return next_utf16(text, at, true, out_ok);
	case CHARSET_ID_LATIN1:
		return next_latin1(text, at, out_ok);
	case CHARSET_ID_UTF8:
	case CHARSET_ID_ISO_2022_JP:
	case CHARSET_ID_COUNT:
	default:
		return utf8_next(text, at, out_ok);
	}
}

bool charset_decode(enum charset_id charset, struct str text, struct buf *out) {
	ASSERT(charset < CHARSET_ID_COUNT);
	if (charset == CHARSET_ID_ISO_2022_JP) {
		return decode_iso_2022_jp(text, out);
	}
	bool all_ok = true;
	size_t at = 0;
	while (at < text.len) {
		bool ok;
		utf8_append(out, next_of(charset, text, &at, &ok));
		all_ok &= ok;
	}
	return all_ok;
}

/* ---- recognising ---- */

/* How a sample reads in one character set. */
struct tally {
	size_t common; /* kana, punctuation, everyday kanji */
	size_t kana;
	size_t half; /* half-width kana in runs */
	size_t rare; /* kanji that few texts use, single half-width kana */
	size_t bad;  /* bytes that do not fit */
};

static void tally_code_point(struct tally *tally, uint32_t c, bool everyday) {
	bool kana = c >= 0x3041 && c <= 0x30ff;
	bool sign = (c >= 0x3000 && c <= 0x301f) || (c >= 0xff01 && c <= 0xff5e);
	tally->kana += kana;
	if (kana || sign || everyday) {
		tally->common++;
	} else {
		tally->rare++;
	}
}

/* Kanji of JIS level 1 (rows 16 to 47) are the everyday ones. As code page 932: 889F to 9872. */
static bool everyday_shift_jis(struct str bytes) {
	unsigned pair = (unsigned)(uint8_t)bytes.ptr[0] << 8 | (uint8_t)bytes.ptr[1];
	return pair >= 0x889f && pair <= 0x9872;
}

static bool everyday_euc(struct str bytes) {
	uint8_t lead = (uint8_t)bytes.ptr[0];
	return lead >= 0xb0 && lead <= 0xcf;
}

static bool is_control(uint32_t c) {
	return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b;
}

/* A run of half-width kana ends: one alone is more likely a letter of another set. */
static void end_run(struct tally *tally, size_t *run) {
	if (*run >= 2) {
		tally->half += *run;
	} else {
		tally->rare += *run;
	}
	*run = 0;
}

static struct tally tally_of(enum charset_id charset, struct str sample) {
	struct tally tally = {0};
	size_t run = 0;
	size_t at = 0;
	while (at < sample.len) {
		bool ok;
		size_t from = at;
		uint32_t c = next_of(charset, sample, &at, &ok);
		if (c >= HALF_WIDTH && c <= HALF_WIDTH + (KANA_LAST - KANA_FIRST) && ok) {
			run++;
			continue;
		}
		end_run(&tally, &run);
		if (!ok || is_control(c)) {
			/* A character cut by the sample's end is no fault. */
			tally.bad += sample.len - from > 3;
		} else if (c >= 0x80) {
			struct str bytes = str_slice(sample, from, at);
			bool everyday =
			    charset == CHARSET_ID_EUC_JP ? everyday_euc(bytes) : everyday_shift_jis(bytes);
			tally_code_point(&tally, c, everyday && bytes.len == 2);
		}
	}
	end_run(&tally, &run);
	return tally;
}

/* Weight as Japanese; 0: it is not. Kana are what Japanese has most of and what accidents lack. */
static size_t weigh(const struct tally *tally) {
	size_t good = tally->common + tally->half;
	if (good < 2 || tally->bad * 20 > good || (tally->rare + tally->bad) * 4 > good) {
		return 0;
	}
	/* Nothing but half-width kana, or no kana at all, may be an accident while it is short. */
	if (tally->kana == 0 && good < 4) {
		return 0;
	}
	size_t weight = tally->kana * 6 + (tally->common - tally->kana) * 2 + tally->half;
	return tally->kana == 0 && tally->half == 0 ? weight / 2 : weight;
}

/* Mostly good UTF-8: at most one bad byte for eight good sequences. */
static bool mostly_utf8(struct str sample) {
	size_t good = 0;
	size_t bad = 0;
	size_t at = 0;
	while (at < sample.len) {
		bool ok;
		size_t from = at;
		uint32_t c = utf8_next(sample, &at, &ok);
		good += ok && c >= 0x80;
		bad += !ok && sample.len - from > 3;
	}
	return bad * 8 <= good;
}

static bool has_iso_2022_jp(struct str sample) {
	bool found = false;
	enum jis_mode mode = JIS_ASCII;
	size_t at = 0;
	while (at < sample.len) {
		uint8_t c = (uint8_t)sample.ptr[at];
		size_t escape = c == 0x1b ? jis_escape(str_slice(sample, at, sample.len), &mode) : 0;
		bool ok = c < 0x80;
		if (escape > 0) {
			at += escape;
		} else if (mode != JIS_ASCII && jis_byte(c)) {
			(void)next_jis(sample, &at, mode, &ok); /* only whether it is one counts */
			found |= ok;
			ok |= sample.len - at < 2;
		} else {
			mode = c == '\n' ? JIS_ASCII : mode;
			at++;
		}
		if (!ok) {
			return false;
		}
	}
	return found;
}

/* Without a mark, UTF-16 shows by the zero halves of its ASCII (a line feed, at least). */
static bool looks_utf16(struct str sample, bool big) {
	size_t units = sample.len / 2;
	size_t ascii = 0;
	size_t kana = 0;
	size_t odd = 0;
	for (size_t i = 0; i < units; i++) {
		uint32_t unit = unit_at(sample, i * 2, big);
		bool surrogate = (unit & 0xf800) == 0xd800;
		bool plausible = (unit >= 0x20 && unit < 0x7f) || unit == '\t' || unit == '\n' ||
		                 unit == '\r' || (unit >= 0xa0 && unit < 0x600) ||
		                 (unit >= 0x3000 && unit < 0xa000) || (unit >= 0xff00 && unit < 0xfff0) ||
		                 (unit >= 0x2000 && unit < 0x2700) || unit == 0xfeff || surrogate;
		ascii += unit < 0x7f && plausible;
		kana += unit >= 0x3041 && unit <= 0x30ff;
		odd += !plausible;
	}
	bool western = ascii * 10 >= units;
	bool japanese = ascii > 0 && kana * 5 >= units;
	return units >= 4 && (western || japanese) && odd * 50 <= units;
}

enum charset_id charset_detect(struct str sample) {
	sample = str_slice(sample, 0, (size_t)64 << 10);
	if (str_starts(sample, STR("\xff\xfe"))) {
		return CHARSET_ID_UTF16LE;
	}
	if (str_starts(sample, STR("\xfe\xff"))) {
		return CHARSET_ID_UTF16BE;
	}
	if (str_find_char(sample, '\0', 0) < sample.len) {
		bool little = looks_utf16(sample, false);
		if (little || looks_utf16(sample, true)) {
			return little ? CHARSET_ID_UTF16LE : CHARSET_ID_UTF16BE;
		}
	}
	if (utf8_ascii(sample)) {
		return has_iso_2022_jp(sample) ? CHARSET_ID_ISO_2022_JP : CHARSET_ID_UTF8;
	}
	if (mostly_utf8(sample)) {
		return CHARSET_ID_UTF8;
	}
	struct tally as_shift_jis = tally_of(CHARSET_ID_SHIFT_JIS, sample);
	struct tally as_euc = tally_of(CHARSET_ID_EUC_JP, sample);
	size_t shift_jis = weigh(&as_shift_jis);
	size_t euc = weigh(&as_euc);
	if (shift_jis == 0 && euc == 0) {
		return CHARSET_ID_UTF8;
	}
	return euc >= shift_jis ? CHARSET_ID_EUC_JP : CHARSET_ID_SHIFT_JIS;
}
