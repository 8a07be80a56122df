/* A process gives way, and never less than it did. */
#include "os/priority.h"

#include <sys/resource.h>

#include "tap.h"

TEST(it_gives_way_and_never_less_than_before) {
	REQUIRE(getpriority(PRIO_PROCESS, 0) <= 10);
	priority_give_way();
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 10);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 15), 0);
	priority_give_way();
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 15);
}
