/* What auditd writes in hexadecimal digits: values that are no plain words, and addresses of
 * sockets. Pure functions; what they make lives in arena.
 */
#pragma once

#include "base/arena.h"

/* A value of a record; marked: it stood between quotation marks and is plain. Else digits in
 * capitals are decoded when what comes out could not have been written plainly (a blank, a
 * quotation mark, beyond ASCII); NUL between arguments becomes a blank. Empty for "?", "(null)" and
 * "(none)". */
struct str text_audit(struct arena *arena, struct str text, bool marked);

/* The address and the port in saddr= (struct sockaddr of IPv4 or IPv6, of either byte order). False
 * for other families and for what is cut short. */
bool text_audit_socket(struct arena *arena, struct str text, struct str *out_address,
                       uint16_t *out_port);
