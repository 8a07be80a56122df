/* Other ways to write the same. */
#include "tap.h"

#include "query/miner_sample.h"

TEST(a_piece_with_a_value_is_one) {
	CHECK_PATTERNS("synced to 192.0.2.1, good\nsynced to 192.0.2.2, good\n"
	               "synced to 192.0.2.3, good\nsynced to LOCAL(0), good\n",
	               "4 synced to <*>, good\n");
	CHECK_PATTERNS("synced to 192.0.2.1, good\nsynced to 192.0.2.2, good\n"
	               "synced to 192.0.2.3, good\nsynced to LOCAL(x), good\n",
	               "3 synced to <*>, good\n1 synced to LOCAL(x), good\n");
	/* Not where the value never varied, and not where no word would stay. */
	CHECK_PATTERNS("synced to 192.0.2.1\nsynced to LOCAL(0)\n",
	               "1 synced to <*>\n1 synced to LOCAL(<*>)\n");
	CHECK_PATTERNS("192.0.2.1\n192.0.2.2\n192.0.2.3\nLOCAL(0)\n", "3 <*>\n1 LOCAL(<*>)\n");
}

TEST(a_long_unit_goes_with_its_value) {
	CHECK_PATTERNS("kept 4 KB of it\nkept 5 KB of it\nkept 6 MB of it\nkept 7 bytes of it\n",
	               "4 kept <*> of it\n");
}

TEST(empty_brackets_hold_no_value) {
	CHECK_PATTERNS("nodes [1, 2] seen\nnodes [3] seen\nnodes [4] seen\nnodes [] seen\n",
	               "4 nodes [<*>] seen\n");
	CHECK_PATTERNS("tag \"1a2b\" set\ntag \"1a2c\" set\ntag \"1a2d\" set\ntag \"\" set\n",
	               "4 tag \"<*>\" set\n");
	CHECK_PATTERNS("connect() failed\n", "1 connect() failed\n");
}

TEST(singular_and_plural_are_one) {
	CHECK_PATTERNS("sent 1 packet now\nsent 2 packets now\n", "2 sent <*> packets now\n");
	CHECK_PATTERNS("sent 1 as now\nsent 2 a now\n", "1 sent <*> as now\n1 sent <*> a now\n");
}
