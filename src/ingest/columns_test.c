#include "ingest/columns.h"

#include "ingest/columns_csv.h"
#include "ingest/line_testing.h"
#include "tap.h"

/* Lines of one source, the first of them with this number; what the last gives. */
static void last_of(const char *format, uint64_t first, const char *lines, struct buf *out) {
	struct line_testing t = line_testing_new();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct str text = str_from(lines);
	source.format = str_from(format);
	(void)batch_add_source(batch, &source);
	for (uint32_t i = 0; text.len > 0; i++) {
		line_testing_add(batch, str_cut(&text, '\n'));
		batch->records[i].number = first + i;
	}
	parser_run(t.parser, batch);
	line_testing_print(batch, batch->count - 1, out);
	batch_free(batch);
	line_testing_free(&t);
}

static void check(const char *lines, const char *expected) {
	struct buf out = {0};
	last_of("", 1, lines, &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

static void check_csv(const char *lines, const char *expected) {
	struct buf out = {0};
	last_of("csv", 1, lines, &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

#define ZEEK                                                                        \
	"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n" \
	"#path\t"
#define NO_TIME "text 2026-11-22T10:00:00Z 1\n"

/* ---- Zeek ---- */

TEST(values_of_zeek_are_what_their_types_say) {
	check(ZEEK "x\n#fields\tta\tuid\ta.h\tp\tproto\td\tn\tb\ts\n"
	           "#types\ttime\tstring\taddr\tport\tenum\tinterval\tcount\tbool\tset[string]\n"
	           "1795341600.250000\tCx1\t2001:db8::5\t443\ttcp\t1.500000\t7\tT\tCa,Cb",
	      "zeek 2026-11-22T10:00:00Z 1\n_path=\"x\"\nta=1795341600.250000\nuid=\"Cx1\"\n"
	      "a.h=\"2001:db8::5\"\np=443\nproto=\"tcp\"\nd=1.500000\nn=7\nb=true\n"
	      "s=[\"Ca\",\"Cb\"]\n");
}

/* Text formats know Zeek's names; they must give the same of both. */
static void check_as_json(const char *lines, const char *json) {
	struct buf columns = {0};
	struct buf object = {0};
	last_of("", 1, lines, &columns);
	last_of("", 1, json, &object);
	struct str rest = buf_str(&object);
	size_t count[2] = {0};
	CHECK(str_starts(rest, STR("zeek-")));
	while (rest.len > 0) { /* the order may be another */
		struct str line = str_cut(&rest, '\n');
		CHECK(str_find(buf_str(&columns), line, 0) != SIZE_MAX);
		count[0]++;
	}
	for (rest = buf_str(&columns); rest.len > 0; count[1]++) {
		(void)str_cut(&rest, '\n');
	}
	CHECK_EQ(count[0], count[1]);
	buf_deinit(&columns);
	buf_deinit(&object);
}

TEST(what_zeek_writes_in_columns_is_what_it_writes_as_json) {
	check_as_json(
	    ZEEK "conn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t"
	         "conn_state\tduration\tlocal_orig\ttunnel_parents\n"
	         "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tbool\t"
	         "set[string]\n"
	         "1795341600.250000\tCx1\t192.0.2.1\t4711\t2001:db8::5\t443\ttcp\tSF\t1.5\tT\tCa,Cb",
	    "{\"_path\":\"conn\",\"ts\":1795341600.250000,\"uid\":\"Cx1\",\"id.orig_h\":"
	    "\"192.0.2.1\",\"id.orig_p\":4711,\"id.resp_h\":\"2001:db8::5\",\"id.resp_p\":443,"
	    "\"proto\":\"tcp\",\"conn_state\":\"SF\",\"duration\":1.5,\"local_orig\":true,"
	    "\"tunnel_parents\":[\"Ca\",\"Cb\"]}");
	check_as_json(ZEEK "ssh\n#fields\tts\tuid\tid.orig_h\tauth_success\tclient\n"
	                   "#types\ttime\tstring\taddr\tbool\tstring\n"
	                   "1795341600.5\tCx1\t192.0.2.1\tF\tSSH-2.0-x",
	              "{\"_path\":\"ssh\",\"ts\":1795341600.5,\"uid\":\"Cx1\",\"id.orig_h\":"
	              "\"192.0.2.1\",\"auth_success\":false,\"client\":\"SSH-2.0-x\"}");
}

TEST(unset_and_empty_values_are_none_and_escapes_are_resolved) {
	check(ZEEK "x\n#fields\ta\tb\tc\td\te\n#types\tstring\tset[string]\tstring\tvector[count]\tset["
	           "addr]\n"
	           "-\t(empty)\ta\\x09b\\\\c\t1,2\t192.0.2.1,-",
	      "zeek 2026-11-22T10:00:00Z 1\n_path=\"x\"\nc=\"a\\tb\\\\c\"\nd=[1,2]\n"
	      "e=[\"192.0.2.1\"]\n");
	/* Signs of its own. */
	check("#separator \\x7c\n#set_separator|;\n#empty_field|nil\n#unset_field|none\n#path|x\n"
	      "#fields|a|b|c|d\n#types|string|set[string]|string|string\nnone|x;y|nil|-",
	      "zeek 2026-11-22T10:00:00Z 1\n_path=\"x\"\nb=[\"x\",\"y\"]\nd=\"-\"\n");
}

TEST(values_that_do_not_fit_their_type_are_text) {
	check(ZEEK "x\n#fields\ta\tb\tc\n#types\tcount\tbool\taddr\nseven\tX\tnowhere",
	      "zeek 2026-11-22T10:00:00Z 1\n_path=\"x\"\na=\"seven\"\nb=\"X\"\nc=\"nowhere\"\n");
	/* Without types all is text. */
	check("#fields\ta\tb\n1\tT", "zeek 2026-11-22T10:00:00Z 1\na=\"1\"\nb=\"T\"\n");
}

TEST(lines_that_do_not_fit_the_header_are_text) {
	check(ZEEK "x\n#fields\tts\ta\n#types\ttime\tstring\nonly words", NO_TIME);
	check(ZEEK "x\n#fields\tts\ta\n#types\ttime\tstring\nnoon\tx", NO_TIME);
	check(ZEEK "x\n#fields\tts\ta\n#types\ttime\tstring\n1795341600.0\tx\ty",
	      "text 2026-11-22T10:00:00Z 0\n");
	check("1795341600.000000\tC1\t192.0.2.1", "text 2026-11-22T10:00:00Z 0\n");
}

TEST(lines_of_the_header_are_records_with_their_time) {
	check(ZEEK "conn\n#open\t2026-11-22-11-00-00", "zeek 2026-11-22T11:00:00Z 2\n");
	check("#fields\tts\n#close\t2026-11-22-12-00-00", "zeek 2026-11-22T12:00:00Z 2\n");
	check("#Software: x\n#Date: 2026-11-22 12:30:00", "w3c 2026-11-22T12:30:00Z 2\n");
}

TEST(a_new_header_holds_for_what_follows) {
	check("#fields\ta\tb\n1\t2\n#fields\tc\td\te\n1\t2\t3",
	      "zeek 2026-11-22T10:00:00Z 1\nc=\"1\"\nd=\"2\"\ne=\"3\"\n");
	check("#fields\ta\tb\n1\t2\n#Fields: c-ip cs-method\n192.0.2.1 GET",
	      "w3c 2026-11-22T10:00:00Z 1\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\nsource.ip=\"192.0.2.1\"\nsource.address=\"192.0.2.1\"\n"
	      "c-ip=\"192.0.2.1\"\nhttp.request.method=\"GET\"\ncs-method=\"GET\"\n");
}

TEST(a_header_that_came_in_an_earlier_batch_holds) {
	struct buf out = {0};
	struct buf format = {0};
	struct header header = {0};
	CHECK(header_note(&header, STR("#fields\ta\tb")));
	columns_format_join(&format, STR("zeek"), &header);
	buf_append_char(&format, '\0');
	last_of(format.ptr, 5000, "1\t2\nx\ty", &out);
	CHECK_STR(out, "zeek 2026-11-22T10:00:00Z 1\na=\"x\"\nb=\"y\"\n");
	CHECK(str_eq(columns_format_name(STR("zeek\n#fields\ta")), STR("zeek")));
	buf_deinit(&format);
	buf_deinit(&out);
	header_deinit(&header);
}

/* ---- W3C ---- */

#define IIS "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"

TEST(a_line_of_iis) {
	check(IIS "#Date: 2026-11-22 00:00:00\n"
	          "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
	          "cs(User-Agent) sc-status sc-win32-status time-taken\n"
	          "2026-11-22 10:00:01 192.0.2.80 POST /owa/auth.owa a=1&b=%27 443 CORP\\ann "
	          "198.51.100.7 Mozilla/5.0+(X11) 401 1326 15\r",
	      "w3c 2026-11-22T10:00:01Z 0\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\ndate=\"2026-11-22\"\ntime=\"10:00:01\"\n"
	      "s-ip=\"192.0.2.80\"\nhttp.request.method=\"POST\"\ncs-method=\"POST\"\n"
	      "url.path=\"/owa/auth.owa\"\ncs-uri-stem=\"/owa/auth.owa\"\nurl.query=\"a=1&b=%27\"\n"
	      "cs-uri-query=\"a=1&b=%27\"\ndestination.port=443\ns-port=443\nuser.name=\"ann\"\n"
	      "user.domain=\"CORP\"\ncs-username=\"CORP\\\\ann\"\nsource.ip=\"198.51.100.7\"\n"
	      "source.address=\"198.51.100.7\"\nc-ip=\"198.51.100.7\"\n"
	      "user_agent.original=\"Mozilla/5.0+(X11)\"\ncs(User-Agent)=\"Mozilla/5.0+(X11)\"\n"
	      "http.response.status_code=401\nevent.outcome=\"failure\"\nsc-status=401\n"
	      "sc-win32-status=1326\nevent.duration=15000000\ntime-taken=15\n"
	      "destination.ip=\"192.0.2.80\"\nurl.original=\"/owa/auth.owa?a=1&b=%27\"\n");
}

TEST(the_date_may_stand_in_the_header_alone) {
	check(IIS "#Date: 2026-11-22 00:00:00\n#Fields: time c-ip\n10:00:05 192.0.2.1",
	      "w3c 2026-11-22T10:00:05Z 0\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\ntime=\"10:00:05\"\nsource.ip=\"192.0.2.1\"\n"
	      "source.address=\"192.0.2.1\"\nc-ip=\"192.0.2.1\"\n");
	check(IIS "#Fields: time c-ip\n10:00:05 192.0.2.1", NO_TIME);
}

TEST(a_line_of_the_firewall_is_in_local_time) {
	check("#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n"
	      "#Fields: date time action protocol src-ip dst-ip src-port dst-port size path\n"
	      "2026-11-22 10:00:00 DROP UDP 192.0.2.1 192.0.2.255 137 138 78 RECEIVE",
	      "w3c 2026-11-22T10:00:00Z 2\nevent.kind=\"event\"\nevent.category=[\"network\"]\n"
	      "date=\"2026-11-22\"\ntime=\"10:00:00\"\nevent.action=\"drop\"\n"
	      "event.type=[\"connection\",\"denied\"]\naction=\"DROP\"\nnetwork.transport=\"udp\"\n"
	      "protocol=\"UDP\"\nsource.ip=\"192.0.2.1\"\nsrc-ip=\"192.0.2.1\"\n"
	      "destination.ip=\"192.0.2.255\"\ndst-ip=\"192.0.2.255\"\nsource.port=137\n"
	      "src-port=137\ndestination.port=138\ndst-port=138\nnetwork.bytes=78\nsize=78\n"
	      "network.direction=\"inbound\"\npath=\"RECEIVE\"\n");
}

TEST(other_separators_and_quotation_marks) {
	/* CloudFront: names between blanks, values between tabs. */
	check("#Version: 1.0\n#Fields: date time c-ip cs(Referer) sc-status\n"
	      "2026-11-22\t10:00:00\t192.0.2.1\t-\t200",
	      "w3c 2026-11-22T10:00:00Z 0\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\ndate=\"2026-11-22\"\ntime=\"10:00:00\"\n"
	      "source.ip=\"192.0.2.1\"\nsource.address=\"192.0.2.1\"\nc-ip=\"192.0.2.1\"\n"
	      "http.response.status_code=200\nevent.outcome=\"success\"\nsc-status=200\n");
	/* Exchange: commas. */
	check("\xef\xbb\xbf#Software: Microsoft Exchange Server\n#Version: 15.0\n#Log-type: SMTP\n"
	      "#Fields: date-time,connector-id,remote-endpoint,event,data\n"
	      "2026-11-22T10:00:00.500Z,\"MX \"\"a\"\"\",[2001:db8::2]:25,<,EHLO x",
	      "w3c 2026-11-22T10:00:00.500Z 0\nevent.kind=\"event\"\nevent.category=[\"email\"]\n"
	      "event.type=[\"info\"]\ndate-time=\"2026-11-22T10:00:00.500Z\"\n"
	      "connector-id=\"MX \\\"a\\\"\"\nsource.ip=\"2001:db8::2\"\nsource.port=25\n"
	      "remote-endpoint=\"[2001:db8::2]:25\"\nevent=\"<\"\ndata=\"EHLO x\"\n");
	/* Proxies: quotation marks, a query with its mark, the server asked beside the proxy. */
	check("#Fields: date time s-ip r-ip cs-uri-path cs-uri-query cs-categories\n"
	      "2026-11-22 10:00:00 192.0.2.8 198.51.100.9 /a ?b=c \"News; Sports\"",
	      "w3c 2026-11-22T10:00:00Z 0\ndate=\"2026-11-22\"\ntime=\"10:00:00\"\n"
	      "s-ip=\"192.0.2.8\"\ndestination.ip=\"198.51.100.9\"\nr-ip=\"198.51.100.9\"\n"
	      "url.path=\"/a\"\ncs-uri-path=\"/a\"\nurl.query=\"b=c\"\ncs-uri-query=\"?b=c\"\n"
	      "cs-categories=\"News; Sports\"\nurl.original=\"/a?b=c\"\n");
}

TEST(a_line_that_was_cut_gives_what_is_there) {
	check("#Fields: date time c-ip cs-method\n2026-11-22 10:00:00 192.0.2.1",
	      "w3c 2026-11-22T10:00:00Z 0\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\ndate=\"2026-11-22\"\ntime=\"10:00:00\"\n"
	      "source.ip=\"192.0.2.1\"\nsource.address=\"192.0.2.1\"\nc-ip=\"192.0.2.1\"\n");
	check("#Fields: c-ip cs-method\n192.0.2.1", NO_TIME);
	check("#Fields: date time c-ip\nsome words here", NO_TIME);
	check("#Fields: date time c-ip\n2026-11-22 10:00:00 192.0.2.1 x y",
	      "text 2026-11-22T10:00:00Z 2\n");
}

/* ---- CSV ---- */

TEST(csv_has_the_names_of_its_first_line) {
	check_csv("\xef\xbb\xbfTimestamp,\"source.ip\",Bytes,Note,event.code\n"
	          "2026-11-22T11:00:00Z,192.0.2.1,17,\"a, \"\"b\"\"\",4624",
	          "csv 2026-11-22T11:00:00Z 0\nTimestamp=\"2026-11-22T11:00:00Z\"\n"
	          "source.ip=\"192.0.2.1\"\nBytes=17\nNote=\"a, \\\"b\\\"\"\nevent.code=\"4624\"\n");
	check_csv("date;time;a\n2026-11-22;10:30:00;007",
	          "csv 2026-11-22T10:30:00Z 2\ndate=\"2026-11-22\"\ntime=\"10:30:00\"\na=\"007\"\n");
	check_csv("a\tb\n1\t", "csv 2026-11-22T10:00:00Z 1\na=1\n");
	check_csv("a,b", "csv 2026-11-22T10:00:00Z 1\n");
}

TEST(one_value_more_than_names_is_the_message) {
	check_csv("Level,Date and Time,Event ID\nError,11/22/2026 1:02:03 PM,7,\"a\"",
	          "csv 2026-11-22T13:02:03Z 2\nLevel=\"Error\"\n"
	          "Date and Time=\"11/22/2026 1:02:03 PM\"\nEvent ID=7\nmessage=\"a\"\n");
	check_csv("a,message\n1,2,3", "csv 2026-11-22T10:00:00Z 1\na=1\nmessage=\"2\"\n");
}

TEST(the_line_before_names_that_powershell_writes_is_passed_over) {
	check_csv("#TYPE System.Object\n\"a\",\"b\"\n\"1\",\"x\"",
	          "csv 2026-11-22T10:00:00Z 1\na=\"1\"\nb=\"x\"\n");
}

TEST(lines_with_other_counts_are_no_csv) {
	check_csv("a,b,c\n1,2", NO_TIME);
	check_csv("a,b,c\n1,2,3,4,5", NO_TIME);
	check_csv("a,b,c\n1,2,\"3", NO_TIME);
	check("a,b,c\n1,2,3", NO_TIME);
}

static bool recognise(struct str head) {
	struct csv_look look;
	return csv_look_at(head, &look);
}

TEST(csv_is_recognised_by_names_above_values) {
	CHECK(recognise(STR("time,host,bytes\n2026-11-22T10:00:00Z,a,1\n")));
	CHECK(recognise(STR("Level;Event ID;Source\r\nError;7036;SCM\r\nInfo;1;x\r\n")));
	CHECK(recognise(STR("\xef\xbb\xbf\"a\"\t\"b\"\t\"c\"\n192.0.2.1\tx\ty\n")));
	CHECK(recognise(STR("時刻,端末,数\n2026-11-22 10:00:00,a,x\n")));
	CHECK(recognise(STR("version srcaddr dstaddr action\n2 192.0.2.1 192.0.2.2 ACCEPT\n")));
}

TEST(prose_programs_and_logs_are_not_recognised_as_csv) {
	CHECK(!recognise(STR("")));
	CHECK(!recognise(STR("time,host,bytes\n")));
	CHECK(!recognise(STR("a,b,c\nd,e,f\n")));
	CHECK(!recognise(STR("a,b\n1,2\n")));
	CHECK(!recognise(STR("we have seen\n1 2 3\n")));
	CHECK(!recognise(STR("a,b,b\n1,2,3\n")));
	CHECK(!recognise(STR("1,2,3\n4,5,6\n")));
	CHECK(!recognise(STR("a,b,c\n1,2,3\n1,2\n")));
	CHECK(!recognise(STR("Dear all, now, as you know,\nin 2026, 1, 2\nthree\n")));
	CHECK(!recognise(STR("{\"a\":1,\"b\":2,\"c\":3}\n{\"a\":1,\"b\":2,\"c\":3}\n")));
}

/* ---- limits ---- */

TEST(more_names_than_a_record_may_have_are_left_out) {
	struct buf lines = {0};
	struct buf out = {0};
	buf_append_str(&lines, STR("#fields"));
	for (int i = 0; i < 2000; i++) {
		buf_printf(&lines, "\tc%d", i);
	}
	buf_append_str(&lines, STR("\n1"));
	for (int i = 1; i < 2000; i++) {
		buf_append_str(&lines, STR("\t1"));
	}
	buf_append_char(&lines, '\0');
	last_of("", 1, lines.ptr, &out);
	CHECK_STR(out, "text 2026-11-22T10:00:00Z 1\n");
	buf_deinit(&lines);
	buf_deinit(&out);
}

TEST(a_user_without_domain_and_addresses_that_are_none) {
	check("#Fields: cs-username c-ip cs-method\nann proxy.example.org GET",
	      "w3c 2026-11-22T10:00:00Z 1\nevent.kind=\"event\"\nevent.category=[\"web\"]\n"
	      "event.type=[\"access\"]\nuser.name=\"ann\"\ncs-username=\"ann\"\n"
	      "source.address=\"proxy.example.org\"\nc-ip=\"proxy.example.org\"\n"
	      "http.request.method=\"GET\"\ncs-method=\"GET\"\n");
}
