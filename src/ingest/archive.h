/* libarchive, private to src/ingest, loaded when the first tar or zip is met: with it come libxml2,
 * ICU and the C++ library, which would cost each start of the program 3 MiB and 2 milliseconds.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>

#define ARCHIVE_CALLS(X)                          \
	X(archive_entry_filetype)                     \
	X(archive_entry_hardlink)                     \
	X(archive_entry_is_encrypted)                 \
	X(archive_entry_mtime)                        \
	X(archive_entry_mtime_is_set)                 \
	X(archive_entry_pathname)                     \
	X(archive_entry_pathname_utf8)                \
	X(archive_error_string)                       \
	X(archive_format_name)                        \
	X(archive_read_data_block)                    \
	X(archive_read_free)                          \
	X(archive_read_new)                           \
	X(archive_read_next_header)                   \
	X(archive_read_open1)                         \
	X(archive_read_set_callback_data)             \
	X(archive_read_set_option)                    \
	X(archive_read_set_read_callback)             \
	X(archive_read_set_seek_callback)             \
	X(archive_read_set_skip_callback)             \
	X(archive_read_support_format_tar)            \
	X(archive_read_support_format_zip_seekable)   \
	X(archive_read_support_format_zip_streamable) \
	X(archive_set_error)

struct archive_calls {
#define MEMBER(name) __typeof__(&(name)) name; /* NOLINT(bugprone-macro-parentheses) */
	ARCHIVE_CALLS(MEMBER)
#undef MEMBER
};

/* The functions, by the names that they have in archive.h. The library stays loaded until the
 * process ends. False: it is not on this machine, or lacks one of them. */
bool archive_load(struct archive_calls *out_calls);
