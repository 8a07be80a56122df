/* Shortest decimal text that reads back as the same double. */
#include "query/number.h"

#include <math.h>

void number_append(struct buf *out, double number) {
	if (fabs(number) < 9223372036854775808.0 && number == (double)(int64_t)number) {
		buf_append_i64(out, (int64_t)number);
		return;
	}
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number) {
			break;
		}
	}
	buf_append_str(out, str_from(text));
}

void number_append_wide(struct buf *out, __int128 number) {
	if (number >= INT64_MIN && number <= INT64_MAX) {
		buf_append_i64(out, (int64_t)number);
	} else {
		number_append(out, (double)number);
	}
}
