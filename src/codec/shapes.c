/* Not yet. */
#include "codec/shapes.h"
