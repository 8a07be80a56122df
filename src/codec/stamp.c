/* Not yet. */
#include "codec/stamp.h"
