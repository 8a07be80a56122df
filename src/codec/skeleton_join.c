/* From a skeleton and values back to the line. Not yet. */
#include "codec/skeleton.h"
