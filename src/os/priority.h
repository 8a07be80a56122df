/* The share of CPU time that this process asks for. */
#pragma once

/* The process gives way to others (nice 10), as one that asks does to one that takes in: a search
 * that comes a moment later loses nothing, a log that overflows does. One that gives way more
 * already stays so, and on an idle machine nothing is slower. */
void priority_give_way(void);
