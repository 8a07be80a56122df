/* main(): finds the subcommand and runs it. */
#include "base/str.h"

int main(void) {
	return 0;
}
