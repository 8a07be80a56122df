#include "ingest/event_xml.h"

#include "ingest/content.h"
#include "ingest/line_testing.h"
#include "ingest/memory_sink.h"
#include "tap.h"

static void check(const char *line, const char *expected) {
	struct line_testing t = line_testing_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	line_testing_parse(&t, &source, str_from(line), &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	line_testing_free(&t);
}

#define SYSTEM                                                                        \
	"<System><Provider Name='P' Guid='{1}'/><EventID Qualifiers=\"7\">4625</EventID>" \
	"<Level>0</Level><Keywords>0x8010000000000000</Keywords>"                         \
	"<TimeCreated SystemTime='2026-11-22T11:00:00.1234567Z'/>"                        \
	"<EventRecordID>9</EventRecordID><Channel>Security</Channel>"                     \
	"<Computer>pc1.example.org</Computer><Security/></System>"
#define FIELDS                                                                               \
	"evtx-xml 2026-11-22T11:00:00.123456700Z 0\nevent.kind=\"event\"\n"                      \
	"winlog.provider_name=\"P\"\nevent.provider=\"P\"\nwinlog.provider_guid=\"{1}\"\n"       \
	"winlog.event_id=4625\nevent.code=\"4625\"\nwinlog.level=0\nlog.level=\"information\"\n" \
	"winlog.keywords=\"0x8010000000000000\"\nevent.outcome=\"failure\"\n"                    \
	"winlog.record_id=9\nwinlog.channel=\"Security\"\n"                                      \
	"winlog.computer_name=\"pc1.example.org\"\nhost.name=\"pc1.example.org\"\n"

TEST(an_event_has_the_fields_of_an_event_log) {
	check("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>" SYSTEM
	      "<EventData><Data Name='TargetUserName'>ann</Data><Data Name=\"IpAddress\">192.0.2.1"
	      "</Data><Data>x</Data><Data>y</Data><Data Name='Empty'/></EventData></Event>\r",
	      FIELDS "winlog.event_data.TargetUserName=\"ann\"\n"
	             "winlog.event_data.IpAddress=\"192.0.2.1\"\nwinlog.event_data.Data=[\"x\",\"y\"]\n"
	             "winlog.event_data.Empty=\"\"\n");
	check("<Event>" SYSTEM "<UserData><A xmlns='u'><B>1</B><C><D>2</D></C></A></UserData>"
	      "<RenderingInfo Culture='en-US'><Message>Said.</Message><Level>x</Level></RenderingInfo>"
	      "</Event>",
	      FIELDS "winlog.user_data.B=\"1\"\nwinlog.user_data.D=\"2\"\nmessage=\"Said.\"\n");
}

TEST(references_and_sections_are_resolved) {
	check("\xef\xbb\xbf<?xml version='1.0'?><!-- c --><Event>" SYSTEM
	      "<EventData><Data Name='a&amp;b'>1 &lt; 2 &#x41;&#13;</Data>"
	      "<Data Name='c'><![CDATA[<x>&amp;]]></Data><Data Name='d'>p<!-- q -->r&lt;"
	      "<![CDATA[s]]></Data><Data Name='e'>&unknown;</Data></EventData></Event>",
	      FIELDS "winlog.event_data.a&b=\"1 < 2 A\\r\"\nwinlog.event_data.c=\"<x>&amp;\"\n"
	             "winlog.event_data.d=\"pr<s\"\nwinlog.event_data.e=\"&unknown;\"\n");
}

TEST(an_event_may_stand_on_many_lines) {
	check("<Event>\n  " SYSTEM "\n  <EventData>\n    <Data Name='a'>1\n2</Data>\n  </EventData>\n"
	      "</Event>\n",
	      FIELDS "winlog.event_data.a=\"1\\n2\"\n");
}

#define TEXT "text 2026-11-22T10:00:00Z 1\n"

TEST(what_is_no_whole_event_is_text) {
	check("<Event>" SYSTEM "</Event><Event>" SYSTEM "</Event>", TEXT);
	check("<Event>" SYSTEM "</Event> x", TEXT);
	check("<Event>" SYSTEM, TEXT);
	check("<Event>" SYSTEM "</Events>", TEXT);
	check("<Event>" SYSTEM "<EventData><Data></EventData></Event>", TEXT);
	check("<Event>" SYSTEM "<EventData a=b/></Event>", TEXT);
	check("<Event>" SYSTEM "<EventData a='<'/></Event>", TEXT);
	check("<!DOCTYPE a [<!ENTITY b 'c'>]><Event>" SYSTEM "</Event>", TEXT);
	check("<Event><Data>1</Data></Event>", TEXT);
	check("<Events>" SYSTEM "</Events>", TEXT);
	check("<Event", TEXT);
	check("<Event/>", TEXT);
}

static struct str nested(struct buf *out, uint32_t levels) {
	buf_append_str(out, STR("<Event>" SYSTEM "<UserData>"));
	for (uint32_t i = 0; i < levels; i++) {
		buf_append_str(out, STR("<a>"));
	}
	for (uint32_t i = 0; i < levels; i++) {
		buf_append_str(out, STR("</a>"));
	}
	buf_append_str(out, STR("</UserData></Event>"));
	return buf_str(out);
}

TEST(elements_are_read_to_the_limit_of_depth) {
	struct buf good = {0};
	struct buf bad = {0};
	struct line line = {.text = nested(&good, LIMIT_XML_DEPTH - 2)};
	CHECK(event_xml_take(NULL, &line));
	line.text = nested(&bad, LIMIT_XML_DEPTH - 1);
	CHECK(!event_xml_take(NULL, &line));
	buf_deinit(&good);
	buf_deinit(&bad);
}

/* ---- documents ---- */

static void check_document(struct str bytes, const char *texts, uint32_t problems) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct memory_sink sink;
	struct reading reading;
	struct content content = {.path = STR("x")};
	memory_sink_init(&sink);
	reading_init(&reading, &options, &sink.sink, &totals);
	CHECK(reading_finish(&reading, content_take_object(&reading, &content, bytes)) == ERR_OK);
	CHECK(!sink.broken);
	CHECK_EQ(sink.count, 1);
	CHECK(sink.files[0]->is_object && sink.files[0]->ended);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), bytes));
	CHECK_STR(sink.files[0]->texts, texts);
	CHECK_EQ(sink.problems_count, problems);
	memory_sink_deinit(&sink);
}

#define A "<Event a='1'><System/></Event>"
#define B "<Event><System/>\n<EventData><Data>x</Data></EventData></Event >"

TEST(each_event_of_a_document_is_a_record_as_it_stands) {
	check_document(STR("<?xml version='1.0'?>\r\n<!-- all -->\n<Events>" A B "\n" A "</Events>\n"),
	               A "\n" B "\n" A "\n", 0);
	check_document(STR(A A), A "\n" A "\n", 0);
	check_document(STR("\xef\xbb\xbf" B "\n" A), B "\n" A "\n", 0);
}

TEST(a_section_may_hold_the_words_that_end_an_event) {
	check_document(STR("<Events><Event><System/><a><![CDATA[</Event>]]></a></Event></Events>"),
	               "<Event><System/><a><![CDATA[</Event>]]></a></Event>\n", 0);
}

TEST(nothing_between_events_and_behind_them_is_lost) {
	check_document(STR("<Events>" A "lost?" A "</Events>"), A "\nlost?\n" A "\n", 1);
	check_document(STR("<Events>" A "<Event><System/>" A), A "\n<Event><System/>\n" A "\n", 1);
	check_document(STR("<Events>" A "<Event><Sys"), A "\n<Event><Sys\n", 1);
	check_document(STR("<Events>" A "</Events> and more"), A "\n</Events> and more\n", 1);
}

TEST(documents_in_utf_16_are_cut_into_slices_of_it) {
	struct str text = STR("<Events>" A "</Events>");
	for (int big = 0; big < 2; big++) {
		struct buf bytes = {0};
		buf_append(&bytes, big ? "\xfe\xff" : "\xff\xfe", 2);
		for (size_t i = 0; i < text.len; i++) {
			char unit[2] = {0};
			unit[big] = text.ptr[i];
			buf_append(&bytes, unit, 2);
		}
		struct buf expected = {0};
		size_t first = 2 + 2 * sizeof("<Events>") - 2;
		buf_append(&expected, bytes.ptr + first, 2 * (sizeof(A) - 1));
		buf_append_char(&expected, '\n');
		struct ingest_options options = {.os = os_real(), .keep_objects = true};
		struct ingest_totals totals = {0};
		struct memory_sink sink;
		struct reading reading;
		struct content content = {.path = STR("x")};
		memory_sink_init(&sink);
		reading_init(&reading, &options, &sink.sink, &totals);
		CHECK(reading_finish(&reading, content_take_object(&reading, &content, buf_str(&bytes))) ==
		      ERR_OK);
		CHECK(str_eq(buf_str(&sink.files[0]->texts), buf_str(&expected)));
		CHECK_EQ(sink.problems_count, 0);
		memory_sink_deinit(&sink);
		buf_deinit(&bytes);
		buf_deinit(&expected);
	}
}

TEST(lines_of_one_event_each_and_other_documents_are_no_such_document) {
	CHECK(event_xml_recognise(STR("<Events>" A "</Events>")));
	CHECK(event_xml_recognise(STR("<?xml version='1.0'?>" A)));
	CHECK(event_xml_recognise(STR(A A)));
	CHECK(event_xml_recognise(STR(B)));
	CHECK(!event_xml_recognise(STR(A)));
	CHECK(!event_xml_recognise(STR(A "\r\n" A "\r\n")));
	CHECK(!event_xml_recognise(STR("<Events></Events>")));
	CHECK(!event_xml_recognise(STR("<?xml version='1.0'?><html><Event/></html>")));
	CHECK(!event_xml_recognise(STR("<Event><Data/></Event><Event><Data/></Event>")));
	CHECK(!event_xml_recognise(STR("<EventLog>" A "</EventLog>")));
	CHECK(!event_xml_recognise(STR("")));
}
