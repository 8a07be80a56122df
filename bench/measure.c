/* measure SECONDS OUT ERR COMMAND ARGUMENT...: runs a command with its output in files and prints
 * one line: wall nanoseconds, CPU microseconds, peak resident bytes, exit status (128 + signal).
 * Small on purpose: a child's peak counts the memory of the process that started it, so that no
 * large program may start what is measured. After SECONDS the command is killed: it, and nothing
 * else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The group of the command, for the handler. */
static volatile sig_atomic_t child;

static void end_child(int signal_number) {
	(void)signal_number;
	if (child > 0) {
		(void)kill(-child, SIGKILL); /* gone already: fine */
	}
}

static int64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t micro(struct timeval time) {
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void redirect(int to, const char *path, int flags) {
	int fd = open(path, flags, 0644);
	if (fd < 0 || dup2(fd, to) < 0) {
		fprintf(stderr, "measure: %s: %s\n", path, strerror(errno));
		_exit(127);
	}
	(void)close(fd);
}

/* In the child: a group of its own, which ends with us, and its files; then the command. */
static __attribute__((noreturn)) void become(char **argv) {
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	redirect(0, "/dev/null", O_RDONLY);
	redirect(1, argv[2], O_WRONLY | O_CREAT | O_TRUNC);
	redirect(2, argv[3], O_WRONLY | O_CREAT | O_TRUNC);
	execvp(argv[4], argv + 4);
	fprintf(stderr, "measure: %s: %s\n", argv[4], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv) {
	char *end = NULL;
	unsigned long seconds = argc > 4 ? strtoul(argv[1], &end, 10) : 0;
	if (argc < 5 || seconds == 0 || *end != '\0') {
		fprintf(stderr, "measure SECONDS OUT ERR COMMAND ARGUMENT...\n");
		return 2;
	}
	struct sigaction action = {.sa_handler = end_child};
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	int64_t begin = now_ns();
	pid_t pid = fork();
	if (pid == 0) {
		become(argv);
	}
	if (pid < 0) {
		fprintf(stderr, "measure: %s\n", strerror(errno));
		return 3;
	}
	child = pid;
	alarm((unsigned)seconds);
	int status = 0;
	struct rusage usage = {0};
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
	}
	int64_t wall = now_ns() - begin;
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	printf("%lld %lld %lld %d\n", (long long)wall,
	       (long long)(micro(usage.ru_utime) + micro(usage.ru_stime)),
	       (long long)usage.ru_maxrss * 1024, code);
	return 0;
}
