/* Every limit that outside input can meet, with its name. Sizes in bytes unless the name says
 * otherwise. Raising one is a decision about memory: read the comment.
 */
#pragma once

#include <stdint.h>

/* Reading */
#define LIMIT_LINE_SIZE ((size_t)1 << 20)    /* a longer line becomes several records (continues) */
#define LIMIT_BATCH_ROWS ((uint32_t)4096)    /* rows of one batch = one page of a segment */
#define LIMIT_BATCH_BYTES ((size_t)1 << 20)  /* raw bytes above which a batch is handed on */
#define LIMIT_NESTING_DEPTH ((uint32_t)8)    /* archive in archive in ... */
#define LIMIT_ARCHIVE_RATIO ((uint64_t)1000) /* decoded : stored, above LIMIT_ARCHIVE_GRACE */
#define LIMIT_ARCHIVE_GRACE ((uint64_t)64 << 20)
#define LIMIT_ARCHIVE_MEMBERS ((uint64_t)1000000)
#define LIMIT_ARCHIVE_BYTES ((uint64_t)64 << 30) /* decoded bytes of one archive */
#define LIMIT_LZMA_MEMBER \
	((uint64_t)256 << 20)                    /* of a zip: its dictionary grows with what it gives */
#define LIMIT_MEMBER_HELD ((size_t)32 << 20) /* larger members are decoded twice */
#define LIMIT_CONTAINER_SIZE ((size_t)1 << 30) /* one .evtx, JSON array or UTF-16 file, mapped */
#define LIMIT_JSON_ELEMENT \
	((size_t)16 << 20) /* a longer element of an array becomes several records */
#define LIMIT_FOLDER_DEPTH ((uint32_t)64)
#define LIMIT_PATH ((size_t)4096)

/* Keeping */
#define LIMIT_VIEW_BYTES ((size_t)512 << 20)    /* decoded bytes of one page of a segment */
#define LIMIT_BLOCK_ROWS ((uint32_t)1 << 20)    /* rows of one block of a segment */
#define LIMIT_BLOCK_BYTES ((size_t)64 << 20)    /* texts and bodies of one, and a 16th more */
#define LIMIT_BLOCK_LAYOUTS ((size_t)128 << 20) /* decoded layouts of one */
#define LIMIT_SEGMENT_PAGES ((uint32_t)1 << 20)
#define LIMIT_SEGMENT_BYTES ((uint64_t)16 << 30)

/* Parsing */
#define LIMIT_FIELDS_PER_RECORD ((uint32_t)1024)
#define LIMIT_FIELD_NAME ((size_t)256)
#define LIMIT_NAMES_PER_BATCH ((uint32_t)16384)
#define LIMIT_JSON_DEPTH ((uint32_t)64)
#define LIMIT_HEADER_SIZE ((size_t)32 << 10) /* lines of a source that name its columns */
#define LIMIT_XML_DEPTH ((uint32_t)64)       /* elements within elements of one event */
#define LIMIT_EVTX_CHUNK_TEXT \
	((uint32_t)4 << 20) /* rendering of all events of one 64 KiB chunk; 300 KiB are usual */
#define LIMIT_EVTX_PROBLEMS ((uint32_t)1000) /* damaged places of one file that are told */

/* Query */
#define LIMIT_QUERY_SIZE ((size_t)64 << 10)
#define LIMIT_QUERY_DEPTH ((uint32_t)128)
#define LIMIT_QUERY_MEMORY ((size_t)1 << 30)     /* default of --memory */
#define LIMIT_EXPRESSION_TEXT ((size_t)16 << 20) /* functions of a pipe, of one row */
#define LIMIT_REGEX_MATCH ((uint32_t)1000000)    /* PCRE2 match limit */
#define LIMIT_PROGRAM_DEPTH ((uint32_t)128)
#define LIMIT_ATOM_TEXT ((size_t)64 << 10) /* one text or regex of a rule */

/* Rules matched together (expr/many.h): SigmaHQ's 3,700 rules have some 45,000 atoms */
#define LIMIT_MANY_ATOMS ((uint32_t)1 << 17)
#define LIMIT_MANY_TEXT ((size_t)16 << 20) /* texts of all atoms */
#define LIMIT_MANY_OPS ((uint32_t)1 << 22) /* operations of all programs */
#define LIMIT_MANY_GROUPS ((uint32_t)1 << 16)
#define LIMIT_MANY_LITERAL ((size_t)128) /* of longer ones a part is looked for */

/* Patterns (query/miner.h): kinds of lines held apart at once, and their texts; kinds whose hash is
 * remembered; hosts told apart */
#define LIMIT_MINER_SHAPES ((uint32_t)32768)
#define LIMIT_MINER_BYTES ((size_t)64 << 20)
#define LIMIT_MINER_KNOWN ((uint32_t)1 << 20)
#define LIMIT_MINER_HOSTS ((uint32_t)4096)

/* Logons (query/logons.h): groups that begin with a logon, and as many that begin with a failure;
 * what all may take, of which failures may take half; longer names are cut */
#define LIMIT_LOGON_GROUPS ((size_t)1 << 17)
#define LIMIT_LOGON_BYTES ((size_t)192 << 20)
#define LIMIT_LOGON_TEXT ((size_t)128)

/* Rules (sigma/): one file of rules; its values with aliases counted as often as they are used */
#define LIMIT_RULES_FILE ((size_t)16 << 20)
#define LIMIT_PACK_FILES \
	((size_t)1 << 16) /* of one pack of rules (cmd/packs.h), held while it is */
#define LIMIT_PACK_BYTES ((uint64_t)256 << 20) /* installed */
#define LIMIT_TREE_NODES ((uint64_t)1 << 20)
#define LIMIT_TREE_DEPTH 64                    /* lists and maps within each other */
#define LIMIT_RULE_VALUES ((uint32_t)4096)     /* what modifiers may make of one value, */
#define LIMIT_RULE_BYTES ((size_t)4 << 20)     /* and the bytes of them */
#define LIMIT_RULE_OPS ((uint32_t)1 << 17)     /* nodes of one rule's condition, written out */
#define LIMIT_CORRELATION_CHAIN ((uint32_t)64) /* correlations over correlations over ... */
#define LIMIT_CORRELATION_EVENTS ((uint32_t)1 << 16) /* of one group in its window */
#define LIMIT_CORRELATION_HITS ((uint32_t)4096)      /* of one event, for one correlation */
#define LIMIT_CORRELATION_GROUPS ((uint32_t)1 << 20) /* of one correlation at a time */
#define LIMIT_CONDITION_DEPTH ((uint32_t)64)         /* parentheses and nots within each other */

/* Server: per input, unless the configuration says less or more */
#define LIMIT_CONFIG_FILE ((size_t)1 << 20)
#define LIMIT_SERVER_PEERS ((size_t)4096)       /* senders of datagrams remembered at once */
#define LIMIT_SERVER_PARTIAL ((size_t)64 << 20) /* messages that are not whole, of all streams; */
#define LIMIT_SERVER_PIECE ((size_t)16 << 10)   /* beyond that they are cut at so many bytes */
#define LIMIT_SERVER_BODY ((size_t)32 << 20)    /* of one HTTP request, also unpacked */
#define LIMIT_SERVER_BODIES ((size_t)128 << 20) /* of all requests at a time */

/* Seal */
#define LIMIT_NOTE_SIZE ((size_t)64 << 10) /* one signed note */
#define LIMIT_NOTE_SIGNATURES ((uint32_t)100)
#define LIMIT_KEY_NAME ((size_t)512)
#define LIMIT_EPOCH ((uint64_t)1 << 40)      /* number of the last epoch: sums do not overflow */
#define LIMIT_EPOCHS_LISTED ((uint64_t)1024) /* of one manifest, which is one signed note */
