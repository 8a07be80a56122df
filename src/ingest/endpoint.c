/* The port is what stands behind the last sign that can come before one. */
#include "ingest/endpoint.h"

#include "ingest/pattern.h"

static bool is_port(struct str text) {
	uint64_t port;
	return text.len > 0 && text.len <= 5 && str_to_u64(text, UINT16_MAX, &port);
}

static bool is_ip(struct str text) {
	return pattern_slot_fits(SLOT_IP, text);
}

/* The place of the last of c in text, or text.len. */
static size_t last_of(struct str text, char c) {
	size_t i = text.len;
	while (i > 0 && text.ptr[i - 1] != c) {
		i--;
	}
	return i > 0 ? i - 1 : text.len;
}

static bool split(struct str text, char sign, struct endpoint *out) {
	size_t at = last_of(text, sign);
	if (at == text.len) {
		return false;
	}
	struct str address = str_slice(text, 0, at);
	struct str port = str_slice(text, at + 1, text.len);
	bool ip = is_ip(address);
	/* A name may have a port behind a colon or a slash; behind a point it is rather a name. */
	bool name = sign != '.' && str_find_char(address, ':', 0) >= address.len &&
	            pattern_slot_fits(SLOT_HOST, address);
	if (!is_port(port) || (!ip && !name)) {
		return false;
	}
	*out = (struct endpoint){address, ip, port};
	return true;
}

struct endpoint endpoint_read(struct str text) {
	struct endpoint endpoint = {.address = text, .is_ip = is_ip(text)};
	if (endpoint.is_ip || text.len == 0) {
		return endpoint;
	}
	if (text.ptr[0] == '[') {
		size_t end = str_find_char(text, ']', 0);
		struct str inner = str_slice(text, 1, end);
		struct str tail = str_slice(text, MIN_OF(end + 1, text.len), text.len);
		bool port = tail.len > 1 && tail.ptr[0] == ':' && is_port(str_slice(tail, 1, tail.len));
		if (is_ip(inner) && (tail.len == 0 || port)) {
			return (struct endpoint){inner, true, str_slice(tail, port, port ? tail.len : 0)};
		}
		return endpoint;
	}
	if (text.ptr[text.len - 1] == ')') {
		struct str inner = str_slice(text, 0, text.len - 1);
		return split(inner, '(', &endpoint) ? endpoint : (struct endpoint){.address = text};
	}
	static const char signs[] = {':', '/', '.'};
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (split(text, signs[i], &endpoint)) {
			return endpoint;
		}
	}
	return endpoint;
}
