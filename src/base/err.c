/* Names of errors and the filling of diagnostics. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

static const char *const texts[ERR_COUNT] = {
    [ERR_OK] = "done",
    [ERR_IO] = "input/output error",
    [ERR_NO_SPACE] = "no space left",
    [ERR_DENIED] = "permission denied",
    [ERR_NOT_FOUND] = "not found",
    [ERR_EXISTS] = "exists already",
    [ERR_LOCKED] = "in use by another writer",
    [ERR_INVALID] = "not valid",
    [ERR_CORRUPT] = "damaged",
    [ERR_UNSUPPORTED] = "not supported",
    [ERR_LIMIT] = "over a limit",
    [ERR_CANCELED] = "interrupted",
    [ERR_CLOSED] = "closed by the other side",
};

const char *err_text(enum err err) {
	return (unsigned)err < ERR_COUNT ? texts[err] : "unknown error";
}

enum err err_from_errno(int errno_value) {
	switch (errno_value) {
	case 0:
		return ERR_OK;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_NO_SPACE;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
	case ENOTEMPTY:
		return ERR_EXISTS;
	case EAGAIN:
		return ERR_LOCKED;
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	case ELOOP:
	case ENAMETOOLONG:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

NORETURN void assert_failed(const char *file, int line, const char *condition) {
	(void)fprintf(stderr, "akashi: bug at %s:%d: %s\n", file, line, condition);
	abort();
}

/* Formats into text; what does not fit is cut where a UTF-8 sequence begins. */
PRINTF_LIKE(2, 0)
static void format_cut(char text[DIAG_TEXT_MAX], const char *format, va_list args) {
	int len = vsnprintf(text, DIAG_TEXT_MAX, format, args);
	if (len >= DIAG_TEXT_MAX) {
		size_t end = DIAG_TEXT_MAX - 1;
		size_t first = end;
		while (first > 0 && end - first < 4 && ((unsigned char)text[first - 1] & 0xc0) == 0x80) {
			first--;
		}
		unsigned char lead = first > 0 ? (unsigned char)text[first - 1] : 0;
		size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
		if (whole > end - first + 1) {
			text[first - 1] = '\0';
		}
	}
}

enum err diag_set(struct diag *diag, enum err err, const char *format, ...) {
	if (diag != NULL) {
		va_list args;
		va_start(args, format);
		format_cut(diag->message, format, args);
		va_end(args);
		diag->hint[0] = '\0';
		diag->has_position = false;
	}
	return err;
}

enum err diag_set_at(struct diag *diag, enum err err, size_t position, size_t length,
                     const char *format, ...) {
	if (diag != NULL) {
		va_list args;
		va_start(args, format);
		format_cut(diag->message, format, args);
		va_end(args);
		diag->hint[0] = '\0';
		diag->has_position = true;
		diag->position = position;
		diag->length = length;
	}
	return err;
}

void diag_hint(struct diag *diag, const char *format, ...) {
	if (diag != NULL) {
		va_list args;
		va_start(args, format);
		format_cut(diag->hint, format, args);
		va_end(args);
	}
}
