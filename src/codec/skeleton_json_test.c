/* JSON objects are cut by value. */
#include "codec/skeleton_shown.h"

TEST(strings_are_texts_and_numbers_numbers) {
	check_cut("{\"a\":\"x1 2\",\"b\":12,\"c\":true,\"d\":null,\"e\":\"\"}",
	          "{\"a\":\"<T x1 2>\",\"b\":<I 12>,\"c\":true,\"d\":null,\"e\":\"<T >\"}");
	check_cut("{\"k1\": -0, \"n\": 0.10, \"m\": 1e5, \"o\": 1.0, \"p\": 12.340}",
	          "{\"k1\": -<I 0>, \"n\": <I 0>.<D 10>, \"m\": <I 1>e<I 5>, \"o\": <I 1>.<D 0>, "
	          "\"p\": <I 12>.<D 340>}");
	check_cut("{\"d\":0.001528024673461914,\"e\":8.821487426757812e-05}",
	          "{\"d\":<I 0>.<F 001528024673461914>,\"e\":<I 8>.<F 821487426757812>e-<D 05>}");
	check_cut("{\"big\":12345678901234567890}", "{\"big\":<D 123456789012345><D 67890>}");
}

TEST(strings_that_are_typed_as_a_whole_are_typed) {
	check_cut("{\"a\":\"10.0.0.1\",\"b\":\"10.0.0.1 \",\"c\":\"10.0.0.256\"}",
	          "{\"a\":\"<4 10.0.0.1>\",\"b\":\"<T 10.0.0.1 >\",\"c\":\"<T 10.0.0.256>\"}");
	check_cut("{\"a\":\"1\",\"b\":\"007\",\"c\":\"-1\",\"d\":\"2c\"}",
	          "{\"a\":\"<I 1>\",\"b\":\"<D 007>\",\"c\":\"<T -1>\",\"d\":\"<T 2c>\"}");
	check_cut(
	    "{\"h\":\"105FA67A80089DB5279F35CE830B43889EA3C70D\",\"l\":\"deadbeef\"}",
	    "{\"h\":\"<U 105FA67A80089DB5><U 279F35CE830B4388><U 9EA3C70D>\",\"l\":\"<T deadbeef>\"}");
	check_cut("{\"u\":\"38101a0b-2096-447d-96ea-a692162415ae\",\"m\":\"aa:bb:cc:dd:ee:ff\"}",
	          "{\"u\":\"<H 38101a0b>-<H 2096>-<H 447d>-<H 96ea>-<H a692162415ae>\","
	          "\"m\":\"<H aa>:<H bb>:<H cc>:<H dd>:<H ee>:<H ff>\"}");
	check_cut("{\"u\":\"CGLspW1BuwJH6YxjK6\",\"host\":\"web01.example.com\"}",
	          "{\"u\":\"<T CGLspW1BuwJH6YxjK6>\",\"host\":\"<T web01.example.com>\"}");
}

TEST(times_may_have_a_fraction_and_a_zone_but_nothing_else) {
	check_cut("{\"t\":\"2018-03-24T17:15:21.618958Z\"}",
	          "{\"t\":\"<@ 2018-03-24T17:15:21>.<D 618958>Z\"}");
	check_cut("{\"t\":\"2018-03-24T17:15:21+09:00\"}", "{\"t\":\"<@ 2018-03-24T17:15:21>+09:00\"}");
	check_cut("{\"t\":\"2018-03-24 17:15:21\"}", "{\"t\":\"<@ 2018-03-24 17:15:21>\"}");
	check_cut("{\"t\":\"Nov  4 01:02:03\"}", "{\"t\":\"<@ Nov  4 01:02:03>\"}");
	check_cut("{\"t\":\"2018-03-24T17:15:21.618958Z x\"}",
	          "{\"t\":\"<T 2018-03-24T17:15:21.618958Z x>\"}");
	check_cut("{\"t\":\"2018-02-30T17:15:21Z\"}", "{\"t\":\"<T 2018-02-30T17:15:21Z>\"}");
}

TEST(escapes_blanks_nesting_and_repeated_keys) {
	check_cut("{\"a\\\"1\" : \"b\\\\\",\"a\" :[\"x\",{\"b\":\"y\"}]}",
	          "{\"a\\\"1\" : \"<T b\\\\>\",\"a\" :[\"<T x>\",{\"b\":\"<T y>\"}]}");
	check_cut("{ \"a\":\"1.2.3.4\" , \"a\":\"\\u0031\" } \r",
	          "{ \"a\":\"<4 1.2.3.4>\" , \"a\":\"<T \\u0031>\" } \r");
	check_cut("{}", "{}");
	check_cut(
	    "{\"long enough for blocks\":\"a string of more than sixteen bytes, \\\" escaped\"}",
	    "{\"long enough for blocks\":\"<T a string of more than sixteen bytes, \\\" escaped>\"}");
}

TEST(what_is_not_an_object_is_cut_as_text) {
	check_cut("{\"a\":\"x 1}", "{\"a\":\"x <I 1>}");
	check_cut("{\"a\":\"x\\\"}", "{\"a\":\"x\\\"}");
	check_cut("{\"a\":\"web01\"} 7", "{\"a\":\"web<D 01>\"} <I 7>");
	check_cut("[\"a 1\"]", "[\"a <I 1>\"]");
	check_cut("{1}", "{<I 1>}");
}
