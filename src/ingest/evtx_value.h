/* Values of BinXML (MS-EVEN6 2.2.12 to 2.2.19) as the text that Windows gives them, in UTF-8, and
 * escaped so that an event stays well-formed XML on one line.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum evtx_type {
	EVTX_NULL = 0x00,
	EVTX_STRING = 0x01, /* UTF-16LE */
	EVTX_ANSI_STRING = 0x02,
	EVTX_INT8 = 0x03,
	EVTX_UINT8 = 0x04,
	EVTX_INT16 = 0x05,
	EVTX_UINT16 = 0x06,
	EVTX_INT32 = 0x07,
	EVTX_UINT32 = 0x08,
	EVTX_INT64 = 0x09,
	EVTX_UINT64 = 0x0a,
	EVTX_REAL32 = 0x0b,
	EVTX_REAL64 = 0x0c,
	EVTX_BOOL = 0x0d, /* four bytes */
	EVTX_BINARY = 0x0e,
	EVTX_GUID = 0x0f,
	EVTX_SIZE_T = 0x10, /* four or eight bytes */
	EVTX_FILETIME = 0x11,
	EVTX_SYSTEMTIME = 0x12,
	EVTX_SID = 0x13,
	EVTX_HEX_INT32 = 0x14,
	EVTX_HEX_INT64 = 0x15,
	EVTX_BINXML = 0x21,
	EVTX_ARRAY = 0x80, /* flag: an array of the type in the other bits */
};

enum evtx_place { EVTX_IN_TEXT, EVTX_IN_ATTRIBUTE };

/* Where XML is put, and whether references ("&amp;") had to be written: then the text between the
 * tags is not the value, and evtx_unescape gives it. */
struct evtx_out {
	struct buf *xml;
	enum evtx_place place;
	bool escaped; /* set, never cleared */
};

/* Text of units code units; unpaired surrogates become U+FFFD. */
void evtx_append_utf16(struct evtx_out *out, const char *bytes, size_t units);
/* One value that is no array and no BinXML. Trailing NULs of strings are left out; integers are
 * read in the size they have (up to 8 bytes); a value too short for its type, or of an unknown
 * type, is given in hex. */
void evtx_append_value(struct evtx_out *out, uint8_t type, struct str value);
/* The element of an array of type (without EVTX_ARRAY) at *at; false at the end. */
bool evtx_array_next(uint8_t type, struct str array, size_t *at, struct str *out_element);

/* Appends escaped text with the references of this folder resolved; others stay as they are. */
void evtx_unescape(struct buf *out, struct str escaped);

/* Windows FILETIME (100 ns since 1601) as INSTANT; INSTANT_MIN when it does not fit. */
int64_t evtx_filetime_ns(uint64_t filetime);
