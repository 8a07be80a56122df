/* See output.h. */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/console.h"

enum { OUTPUT_BUFFER = 256 << 10 };

struct output {
	int fd;
	bool is_file;
	bool guarded; /* a terminal, to which no byte may go as it is */
	const char *path;
	struct buf pending;
};

static enum err open_file(const char *path, int flags, struct output **out_output,
                          struct diag *diag) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0) {
		enum err err = err_from_errno(errno);
		return diag_set(diag, err, "cannot write %s: %s", path, strerror(errno));
	}
	struct output *output = calloc(1, sizeof(*output));
	ASSERT(output != NULL);
	*output = (struct output){.fd = fd, .is_file = true, .path = path};
	*out_output = output;
	return ERR_OK;
}

static enum err open_output(const char *path, int flags, struct output **out_output,
                            struct diag *diag) {
	if (path != NULL && strcmp(path, "-") != 0) {
		return open_file(path, flags, out_output, diag);
	}
	struct output *output = calloc(1, sizeof(*output));
	ASSERT(output != NULL);
	output->fd = STDOUT_FILENO;
	output->guarded = console_stdout_is_terminal();
	*out_output = output;
	return ERR_OK;
}

static enum err write_all(int fd, struct str bytes) {
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR) {
			if (console_interrupted()) {
				return ERR_CANCELED;
			}
			continue;
		}
		if (put < 0) {
			return err_from_errno(errno);
		}
		bytes = str_slice(bytes, (size_t)put, bytes.len);
	}
	return ERR_OK;
}

/* Lines stay lines; whatever else could steer a terminal is shown, not done. */
static enum err write_guarded(int fd, struct str bytes) {
	struct buf safe = {0};
	while (bytes.len > 0) {
		size_t end = str_find_char(bytes, '\n', 0);
		bool whole = end < bytes.len;
		struct str line = str_slice(bytes, 0, end);
		bool crlf = whole && str_ends(line, STR("\r"));
		line.len -= crlf;
		render_safe(&safe, line);
		buf_append_str(&safe, !whole ? STR("") : crlf ? STR("\r\n") : STR("\n"));
		bytes = str_slice(bytes, end + whole, bytes.len);
	}
	enum err err = write_all(fd, buf_str(&safe));
	buf_deinit(&safe);
	return err;
}

static enum err write_out(const struct output *output, struct str bytes) {
	return output->guarded ? write_guarded(output->fd, bytes) : write_all(output->fd, bytes);
}

void output_trust(struct output *output) {
	output->guarded = false;
}

enum err output_flush(struct output *output) {
	enum err err = write_out(output, buf_str(&output->pending));
	buf_clear(&output->pending);
	return err;
}

enum err output_write(struct output *output, const void *bytes, size_t len) {
	if (len >= OUTPUT_BUFFER) {
		TRY(output_flush(output));
		return write_out(output, str_make(bytes, len));
	}
	buf_append(&output->pending, bytes, len);
	return output->pending.len >= OUTPUT_BUFFER ? output_flush(output) : ERR_OK;
}

void output_abandon(struct output *output) {
	if (output != NULL) {
		if (output->is_file) {
			(void)close(output->fd); /* an error was reported already */
		}
		buf_deinit(&output->pending);
		free(output);
	}
}

enum err output_append(const char *path, struct output **out_output, struct diag *diag) {
	return open_output(path, O_APPEND, out_output, diag);
}

enum err output_open(const char *path, struct output **out_output, struct diag *diag) {
	return open_output(path, O_TRUNC, out_output, diag);
}

enum err output_fail(struct output *output, enum err err, struct diag *diag) {
	if (diag->message[0] == '\0') {
		bool disk = err == ERR_NO_SPACE || err == ERR_IO; /* reading names its own faults */
		(void)diag_set(diag, err, "%s%s", disk ? "cannot write the output: " : "", err_text(err));
	}
	if (output != NULL && output->is_file && diag->hint[0] == '\0') {
		diag_hint(diag, "%s is not whole", output->path);
	}
	output_abandon(output);
	return err;
}

enum err output_close(struct output *output, struct diag *diag) {
	enum err err = output_flush(output);
	if (err == ERR_OK && output->is_file && fsync(output->fd) < 0 && errno != EINVAL) {
		err = err_from_errno(errno);
	}
	if (err != ERR_OK && err != ERR_CLOSED) {
		(void)diag_set(diag, err, "cannot write %s: %s",
		               output->is_file ? output->path : "standard output", err_text(err));
	}
	output_abandon(output);
	return err;
}
