/* Reads sample lines: cuts each into program and message by its system's header, and the message
 * into fixed text and places; see gen_lines.h. What counts as a value (addresses, numbers of four
 * digits and more, hex with both letters and digits, users where logs name them) follows the
 * reference generator of the data folder, so that both give the same statistics.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "bench/gen_lines.h"

#include <pcre2.h>

#include "base/map.h"

/* How a system's lines begin. Groups: p the program, m the message, x text before the message. */
static const struct header {
	const char *name;
	const char *pattern;
	const char *program; /* when the line does not name it */
	double weight;
	enum role role;
} headers[SYSTEM_COUNT] = {
#define BSD "^\\w{3}\\s+\\d+ [\\d:]+ \\S+ (?<p>[\\w./()-]+?)(?:\\[\\d+\\])?: (?<m>.*)$"
    {"OpenSSH", BSD, NULL, 22, ROLE_LINUX},
    {"Linux", BSD, NULL, 10, ROLE_LINUX},
    {"Apache", "^\\[[^\\]]*\\] (?<m>.*)$", "httpd", 9, ROLE_WEB},
    {"HDFS", "^\\d+ \\d+ \\d+ (?<m>.*)$", "datanode", 9, ROLE_HADOOP},
    {"Hadoop", "^[\\d-]+ [\\d:,]+ (?<m>.*)$", "yarn", 6, ROLE_HADOOP},
    {"Spark", "^[\\d/]+ [\\d:]+ (?<m>.*)$", "spark", 5, ROLE_HADOOP},
    {"Zookeeper", "^[\\d-]+ [\\d:,]+ - (?<m>.*)$", "zookeeper", 4, ROLE_HADOOP},
    {"Windows", "^[\\d-]+ [\\d:]+, (?<x>\\w+)\\s+(?<p>\\w+)\\s+(?<m>.*)$", NULL, 9, ROLE_WINDOWS},
    {"Mac", BSD, NULL, 6, ROLE_MAC},
    {"Thunderbird",
     "^\\S+ \\d+ [\\d.]+ \\S+ \\w+ \\d+ [\\d:]+ \\S+ (?<p>[\\w./()-]+?)(?:\\[\\d+\\])?: (?<m>.*)$",
     NULL, 5, ROLE_HPC},
    {"BGL", "^\\S+ \\d+ [\\d.]+ \\S+ \\S+ (?<m>.*)$", "bgl-ras", 3, ROLE_HPC},
    {"HPC", "^\\d+ (?<m>.*)$", "hpcmon", 2, ROLE_HPC},
    {"OpenStack", "^(?<p>[\\w-]+)\\.log\\S* [\\d-]+ [\\d:.]+ (?<m>.*)$", NULL, 5, ROLE_OPENSTACK},
    {"Proxifier", "^\\[[^\\]]*\\] (?<m>.*)$", "proxifier", 2, ROLE_WINDOWS},
    {"HealthApp", "^[\\d:-]+\\|(?<m>.*)$", "healthapp", 1.5, ROLE_MAC},
    {"Android", "^[\\d-]+ [\\d:.]+\\s+(?<m>.*)$", "logcat", 1.5, ROLE_MAC},
};

/* What varies in a message: one group for each kind, in the order of value_places. */
static const char value_pattern[] =
    "(\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b)"
    "|((?<![\\d.])\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}(?![\\d.]))"
    "|((?<=port )\\d{2,5}\\b)"
    "|((?<=invalid user )[\\w.-]+(?= from| \\[)|(?<=Invalid user )[\\w.-]+(?= from)"
    "|(?<=password for )(?!invalid)[\\w.-]+(?= from)|(?<= user=)[\\w.-]+|(?<=for user )[\\w.-]+"
    "|(?<=\\(uid=)\\d+(?=\\)))"
    "|(\\b(?:19|20)\\d\\d\\b)"
    "|((?<![0-9a-fA-F])\\d{4,}(?![0-9a-fA-F]))"
    "|(\\b(?:0x)?(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\\b)";
enum { GROUP_UUID = 1, GROUP_ADDRESS, GROUP_PORT, GROUP_USER, GROUP_YEAR, GROUP_NUMBER, GROUP_HEX };

struct reader {
	struct arena *arena;
	pcre2_code *value;
	pcre2_code *header;
	pcre2_match_data *match;
	struct map *programs;
};

static pcre2_code *compile(const char *pattern) {
	int error;
	PCRE2_SIZE at;
	pcre2_code *code =
	    pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_DOTALL, &error, &at, NULL);
	ASSERT(code != NULL);
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it: slower, not wrong */
	return code;
}

static bool matches(pcre2_code *code, struct reader *reader, struct str text, size_t from) {
	return pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, from, 0, reader->match, NULL) > 0;
}

/* The text of a group; empty when it took no part. */
static struct str group(const struct reader *reader, struct str text, uint32_t number) {
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(reader->match);
	if (number >= pcre2_get_ovector_count(reader->match) || at[2 * number] == PCRE2_UNSET) {
		return STR("");
	}
	return str_slice(text, at[2 * number], at[2 * number + 1]);
}

static struct str named(const struct reader *reader, struct str text, const char *name) {
	int number = pcre2_substring_number_from_name(reader->header, (PCRE2_SPTR)name);
	return number > 0 ? group(reader, text, (uint32_t)number) : STR("");
}

static bool all_digits(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i])) {
			return false;
		}
	}
	return true;
}

/* The place for the value just matched; PLACE_NONE: it stays fixed text, put into *out_fixed. */
static struct piece place_of(const struct reader *reader, struct str message,
                             struct str *out_fixed) {
	uint32_t kind = GROUP_UUID;
	while (kind < GROUP_HEX && group(reader, message, kind).len == 0) {
		kind++;
	}
	struct str value = group(reader, message, kind);
	*out_fixed = STR("");
	switch (kind) {
	case GROUP_UUID:
		return (struct piece){.place = PLACE_UUID};
	case GROUP_ADDRESS: {
		bool private = str_starts(value, STR("10.")) || str_starts(value, STR("192.168.")) ||
		               str_starts(value, STR("172."));
		return (struct piece){.place = private ? PLACE_PRIVATE : PLACE_PUBLIC};
	}
	case GROUP_PORT:
		return (struct piece){.place = PLACE_PORT};
	case GROUP_USER:
		*out_fixed = all_digits(value) ? value : STR("");
		return (struct piece){.place = all_digits(value) ? PLACE_NONE : PLACE_USER};
	case GROUP_YEAR:
		*out_fixed = STR("2026");
		return (struct piece){.place = PLACE_NONE};
	case GROUP_NUMBER:
		return (struct piece){.place = PLACE_NUMBER, .digits = (unsigned)MIN_OF(value.len, 24u)};
	default:
		*out_fixed = str_starts(value, STR("0x")) ? STR("0x") : STR("");
		return (struct piece){
		    .place = PLACE_HEX,
		    .digits = (unsigned)MIN_OF(value.len - out_fixed->len, (size_t)POOL_TEXT_MAX)};
	}
}

/* Cuts a message into pieces; the last has no place. */
static void cut(struct reader *reader, struct str message, struct line_template *out) {
	enum { PIECES_MAX = 256 };
	struct piece pieces[PIECES_MAX];
	struct buf text CLEANUP(buf_deinit) = {0};
	size_t from = 0;
	while (out->count < PIECES_MAX - 1 && matches(reader->value, reader, message, from)) {
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(reader->match);
		size_t begin = at[0];
		size_t end = at[1];
		struct str fixed;
		struct piece piece = place_of(reader, message, &fixed);
		buf_append_str(&text, str_slice(message, from, begin));
		buf_append_str(&text, fixed);
		if (piece.place != PLACE_NONE) {
			piece.text = arena_str(reader->arena, buf_str(&text));
			pieces[out->count++] = piece;
			buf_clear(&text);
		}
		from = end;
	}
	buf_append_str(&text, str_slice(message, from, message.len));
	buf_append_char(&text, '\n');
	pieces[out->count++] = (struct piece){.text = arena_str(reader->arena, buf_str(&text))};
	struct piece *kept = ARENA_ARRAY(reader->arena, out->count, struct piece);
	memcpy(kept, pieces, out->count * sizeof *kept);
	out->pieces = kept;
}

static bool has(struct str text, const char *part) {
	struct str find = str_from(part);
	for (size_t i = 0; i + find.len <= text.len; i++) {
		if (str_eq_nocase(str_slice(text, i, i + find.len), find)) {
			return true;
		}
	}
	return false;
}

static void classify(struct line_template *line, struct str message) {
	static const char *const fresh[] = {"sshd",  "crond",          "ftpd",        "su",
	                                    "CROND", "sshd(pam_unix)", "su(pam_unix)"};
	struct str program = line->program;
	bool login = str_find(program, STR("ssh"), 0) != (size_t)-1 ||
	             str_find(program, STR("su"), 0) != (size_t)-1;
	line->facility = login                            ? 10
	                 : str_eq(program, STR("kernel")) ? 0
	                 : has(program, "cron")           ? 9
	                                                  : -1;
	line->severity = has(message, "error") || has(message, "fail") ? 3
	                 : has(message, "warn")                        ? 4
	                                                               : -1;
	for (size_t i = 0; i < ARRAY_LEN(fresh); i++) {
		line->fresh_process |= str_eq(program, str_from(fresh[i]));
	}
}

/* Program and message of a sample line; false: not of this system's form. */
static bool cut_header(struct reader *reader, const struct header *header, struct str text,
                       struct str *out_program, struct str *out_message) {
	if (!matches(reader->header, reader, text, 0)) {
		return false;
	}
	struct str program =
	    header->program != NULL ? str_from(header->program) : named(reader, text, "p");
	struct str before = named(reader, text, "x");
	struct str message = named(reader, text, "m");
	if (strcmp(header->name, "HDFS") == 0 && str_find(text, STR("FSNamesystem"), 0) != (size_t)-1) {
		program = STR("namenode");
	}
	if (strcmp(header->name, "Thunderbird") == 0) {
		for (size_t at; (at = str_find_char(program, '/', 0)) < program.len;) {
			program = str_slice(program, at + 1, program.len);
		}
	}
	*out_program = program;
	*out_message = before.len > 0
	                   ? arena_printf(reader->arena, "%.*s %.*s", STR_ARG(before), STR_ARG(message))
	                   : message;
	return str_trim(*out_message).len > 0;
}

static void add_line(struct reader *reader, struct system *system, struct str program,
                     struct str message) {
	while (message.len > 0 && char_is_space(message.ptr[message.len - 1])) {
		message.len--;
	}
	struct line_template *line = &system->lines[system->count++];
	line->program = arena_str(reader->arena, program);
	line->program_no =
	    (uint32_t)*map_put(reader->programs, program, map_count(reader->programs), NULL);
	cut(reader, message, line);
	classify(line, message);
}

static size_t count_lines(struct str text) {
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++) {
		lines += text.ptr[i] == '\n';
	}
	return lines;
}

/* Real lines of a system, cut by its header. */
static void read_samples(struct reader *reader, const struct header *header, struct str text,
                         struct system *system) {
	reader->header = compile(header->pattern);
	while (text.len > 0) {
		struct str line = str_trim(str_cut(&text, '\n'));
		struct str program;
		struct str message;
		if (line.len > 0 && cut_header(reader, header, line, &program, &message)) {
			add_line(reader, system, program, message);
		}
	}
	pcre2_code_free(reader->header);
}

/* Our own lines: system, program and message between tabs. */
static void read_templates(struct reader *reader, struct str text, struct system *system) {
	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');
		struct str name = str_cut(&line, '\t');
		struct str program = str_cut(&line, '\t');
		if (str_eq(name, str_from(system->name)) && line.len > 0) {
			add_line(reader, system, program, line);
		}
	}
}

uint32_t lines_read(struct generator *gen, struct system systems[SYSTEM_COUNT]) {
	struct reader reader = {
	    .arena = gen->arena, .value = compile(value_pattern), .programs = map_new()};
	reader.match = pcre2_match_data_create(16, NULL);
	for (size_t i = 0; i < SYSTEM_COUNT; i++) {
		const struct header *header = &headers[i];
		struct system *system = &systems[i];
		*system =
		    (struct system){.name = header->name, .weight = header->weight, .role = header->role};
		struct buf name CLEANUP(buf_deinit) = {0};
		buf_printf(&name, "loghub/%s_2k.log.gz%c", header->name, '\0');
		struct str text = gen->samples != NULL ? gen_read(gen->arena, gen->samples, name.ptr)
		                                       : gen_read(gen->arena, gen->templates, "syslog.txt");
		system->lines = ARENA_ARRAY(gen->arena, count_lines(text), struct line_template);
		if (gen->samples != NULL) {
			read_samples(&reader, header, text, system);
		} else {
			read_templates(&reader, text, system);
		}
	}
	uint32_t programs = (uint32_t)map_count(reader.programs);
	map_free(reader.programs);
	pcre2_match_data_free(reader.match);
	pcre2_code_free(reader.value);
	return programs;
}
