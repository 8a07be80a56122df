/* akashi scrub: the whole store again, slowly and beside a writer; the outcome is a record of the
 * store.
 */
#include "cmd/audit.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "event/batch.h"
#include "render/units.h"

enum { DAMAGES_SHOWN = 100, RATE_DEFAULT = 50 << 20 };

struct scrub {
	const struct args *args;
	struct progress progress;
	struct buf damages; /* lines: printed at the end */
	struct buf json;    /* bodies, with commas */
	uint64_t damages_count;
	uint64_t segments, bytes, records, objects;
	bool not_recorded;
	struct diag diag; /* why */
};

static void on_damage(void *ctx, const struct store_damage *damage) {
	struct scrub *scrub = ctx;
	if (scrub->damages_count++ == DAMAGES_SHOWN) {
		buf_append_str(&scrub->damages, STR("... and more\n"));
	}
	if (scrub->damages_count <= DAMAGES_SHOWN) {
		console_append_damage("DAMAGED ", damage, &scrub->damages);
	}
}

static bool on_go_on(void *ctx, struct str tree, uint64_t done, uint64_t size) {
	struct scrub *scrub = ctx;
	if (progress_due(&scrub->progress)) {
		bool objects = tree.len == 0;
		progress_show(&scrub->progress, "scrubbed %llu of %llu %s%.*s", (unsigned long long)done,
		              (unsigned long long)size, objects ? "folders of objects" : "leaves of ",
		              STR_ARG(tree));
	}
	return !console_interrupted();
}

/* Written down at once: what was read need not be read again when the machine stops later. */
static void on_part(void *ctx, const struct store_scrub_part *part) {
	struct scrub *scrub = ctx;
	struct diag diag = {0};
	scrub->segments += part->segments;
	scrub->bytes += part->bytes;
	scrub->records += part->records;
	scrub->objects += part->objects;
	buf_append_str(&scrub->json, scrub->json.len > 0 ? STR(",") : STR(""));
	buf_append_str(&scrub->json, part->body);
	enum err err = audit_write_body(scrub->args, RECORD_AUDIT, part->body, &diag);
	if (err != ERR_OK && !scrub->not_recorded) {
		scrub->not_recorded = true;
		(void)diag_set(&scrub->diag, err, "the outcome cannot be recorded: %s",
		               diag.message[0] != '\0' ? diag.message : err_text(err));
		diag_hint(&scrub->diag, "the next scrub reads the same again");
	}
}

static enum err read_rate(const char *text, uint64_t *out_rate, struct diag *diag) {
	size_t rate = RATE_DEFAULT;
	if (text != NULL && strcmp(text, "0") == 0) {
		rate = 0;
	} else if (text != NULL) {
		TRY(console_size(text, &rate, diag));
	}
	*out_rate = rate;
	return ERR_OK;
}

static void append_summary(const struct scrub *scrub, bool through, struct buf *text) {
	if (scrub->damages_count > 0) {
		buf_printf(text, "NOT INTACT: %llu damage%s; ", (unsigned long long)scrub->damages_count,
		           scrub->damages_count == 1 ? "" : "s");
	} else {
		buf_append_str(text, through ? STR("intact: ") : STR("nothing damaged so far: "));
	}
	render_count(text, scrub->records);
	buf_printf(text, " record%s, %llu segment%s, %llu object%s, ", scrub->records == 1 ? "" : "s",
	           (unsigned long long)scrub->segments, scrub->segments == 1 ? "" : "s",
	           (unsigned long long)scrub->objects, scrub->objects == 1 ? "" : "s");
	render_bytes(text, scrub->bytes);
	buf_printf(text, " in %.1f s\n", progress_seconds(&scrub->progress));
	if (!through) {
		buf_append_str(text, scrub->not_recorded
		                         ? STR("not finished\n")
		                         : STR("not finished; the next one goes on here\n"));
	}
}

static void print_json(const struct scrub *scrub, bool through) {
	struct buf out CLEANUP(buf_deinit) = {0};
	buf_printf(&out,
	           "{\"akashi.schema\":%d,\"intact\":%s,\"finished\":%s,\"recorded\":%s,"
	           "\"damages\":%llu,\"records\":%llu,\"segments\":%llu,\"objects\":%llu,"
	           "\"bytes\":%llu,\"seconds\":%.3f,\"parts\":[%.*s]}\n",
	           JSON_SCHEMA, scrub->damages_count == 0 ? "true" : "false",
	           through ? "true" : "false", scrub->not_recorded ? "false" : "true",
	           (unsigned long long)scrub->damages_count, (unsigned long long)scrub->records,
	           (unsigned long long)scrub->segments, (unsigned long long)scrub->objects,
	           (unsigned long long)scrub->bytes, progress_seconds(&scrub->progress),
	           STR_ARG(buf_str(&scrub->json)));
	(void)console_print_error(&out);
}

/* What was found is told in every case, also when it could not be recorded. */
static int conclude(struct scrub *scrub, bool through) {
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_str(&text, buf_str(&scrub->damages));
	append_summary(scrub, through, &text);
	int status = console_print(&text);
	if (scrub->not_recorded) {
		console_error(&scrub->diag, STR(""));
	}
	if (scrub->args->json) {
		print_json(scrub, through);
	}
	return status != EXIT_DONE        ? status
	       : !through                 ? EXIT_INTERRUPTED
	       : scrub->not_recorded      ? EXIT_FAILED
	       : scrub->damages_count > 0 ? EXIT_NO
	                                  : EXIT_DONE;
}

int cmd_scrub(const struct args *args) {
	struct scrub scrub = {.args = args};
	struct store_scrub_options options = {.os = os_real(),
	                                      .path = console_store_path(args),
	                                      .damage = on_damage,
	                                      .go_on = on_go_on,
	                                      .part = on_part,
	                                      .ctx = &scrub};
	struct diag diag = {0};
	uint64_t damages = 0;
	progress_begin(&scrub.progress);
	enum err err = read_rate(args->rate, &options.rate, &diag);
	err = err == ERR_OK ? console_check_store(args, &diag) : err;
	if (err == ERR_OK) {
		err = store_scrub(&options, &damages, &diag);
	}
	progress_end(&scrub.progress);
	bool told = err == ERR_OK || err == ERR_CANCELED;
	int status = told ? conclude(&scrub, err == ERR_OK) : console_fail(args, err, &diag, STR(""));
	buf_deinit(&scrub.damages);
	buf_deinit(&scrub.json);
	return status;
}
