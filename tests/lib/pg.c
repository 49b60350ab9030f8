/* pg.c - see pg.h. The test program forks a supervisor, the supervisor forks the server; a pipe
 * between the first two tells the supervisor when its test is gone. */
#include "tests/lib/pg.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_SECONDS 60 /* a loaded machine under a sanitizer is slow */

struct test_pg {
	char dir[64];
	char bin[256];
	int port;
	bool tcp;
	pid_t supervisor;
	pid_t server;
	int alive; /* our end of the pipe; closing it stops everything */
};

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("# test server: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
}

static void
find_binaries(char *out, size_t cap)
{
	char cmd_out[200] = "";
	FILE *p = popen("pg_config --bindir 2>/dev/null", "r");
	if (p != NULL) {
		if (fgets(cmd_out, sizeof cmd_out, p) != NULL)
			cmd_out[strcspn(cmd_out, "\n")] = 0;
		pclose(p);
	}
	snprintf(out, cap, "%s/initdb", cmd_out);
	if (cmd_out[0] != 0 && access(out, X_OK) == 0) {
		snprintf(out, cap, "%s", cmd_out);
		return;
	}
	glob_t g;
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) != 0)
		die("no initdb found; install the package postgresql");
	const char *last = g.gl_pathv[g.gl_pathc - 1];
	snprintf(out, cap, "%.*s", (int)(strrchr(last, '/') - last), last);
	globfree(&g);
}

/* PostgreSQL refuses to run as root. */
static const struct passwd *
server_user(void)
{
	if (geteuid() != 0)
		return NULL;
	const struct passwd *pw = getpwnam("postgres");
	if (pw == NULL)
		pw = getpwnam("nobody");
	if (pw == NULL)
		die("running as root and there is neither a user postgres nor nobody");
	return pw;
}

/* In a child: become the server's user, output to dir/log, run. argv[0] gets its path, since initdb
 * looks for itself there, and else in $PATH, where Debian has no servers. */
static _Noreturn void
run_child(const struct test_pg *pg, char *argv[])
{
	char path[400];
	const struct passwd *pw = server_user();
	if (pw != NULL &&
	    (setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0))
		_exit(126);
	snprintf(path, sizeof path, "%s/log", pg->dir);
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int null = open("/dev/null", O_RDONLY);
	if (log < 0 || null < 0 || chdir(pg->dir) != 0)
		_exit(126);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	snprintf(path, sizeof path, "%s/%s", pg->bin, argv[0]);
	argv[0] = path;
	execv(path, argv);
	_exit(127);
}

static void
show_log(const struct test_pg *pg)
{
	char path[100], line[400];
	snprintf(path, sizeof path, "%s/log", pg->dir);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return;
	while (fgets(line, sizeof line, f) != NULL)
		fprintf(stderr, "# %s", line);
	fclose(f);
}

static void
init_cluster(const struct test_pg *pg)
{
	char data[100], pwfile[100], pwarg[120];
	snprintf(data, sizeof data, "%s/data", pg->dir);
	snprintf(pwfile, sizeof pwfile, "%s/pw", pg->dir);
	snprintf(pwarg, sizeof pwarg, "--pwfile=%s", pwfile);
	FILE *f = fopen(pwfile, "w");
	if (f == NULL || fprintf(f, "%s\n", test_pg_password(pg)) < 0 || fclose(f) != 0)
		die("cannot write %s: %s", pwfile, strerror(errno));
	const struct passwd *pw = server_user();
	if (pw != NULL && (chown(pwfile, pw->pw_uid, pw->pw_gid) != 0 ||
			   chown(pg->dir, pw->pw_uid, pw->pw_gid) != 0))
		die("cannot give %s to %s", pg->dir, pw->pw_name);

	char *argv[] = { (char[]){ "initdb" },
			 (char[]){ "-D" },
			 data,
			 (char[]){ "-U" },
			 (char[]){ "postgres" },
			 (char[]){ "-N" },
			 (char[]){ "--encoding=UTF8" },
			 (char[]){ "--locale=C.UTF-8" },
			 (char[]){ "--auth-local=trust" },
			 (char[]){ "--auth-host=scram-sha-256" },
			 pwarg,
			 NULL };
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		run_child(pg, argv);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		show_log(pg);
		die("initdb failed (status %d)", status);
	}
}

static int
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		die("no free port: %s", strerror(errno));
	close(fd);
	return ntohs(sa.sin_port);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static _Noreturn void
supervise(const struct test_pg *pg, int gone)
{
	char data[100], sock[100], listen_on[64], port[16];
	snprintf(data, sizeof data, "%s/data", pg->dir);
	snprintf(sock, sizeof sock, "unix_socket_directories=%s", pg->dir);
	snprintf(listen_on, sizeof listen_on, "listen_addresses=%s", pg->tcp ? "127.0.0.1" : "");
	snprintf(port, sizeof port, "port=%d", pg->port);
	char *argv[] = { (char[]){ "postgres" },
			 (char[]){ "-D" },
			 data,
			 (char[]){ "-c" },
			 sock,
			 (char[]){ "-c" },
			 listen_on,
			 (char[]){ "-c" },
			 port,
			 (char[]){ "-F" }, /* no fsync: nothing here outlives the test */
			 (char[]){ "-c" },
			 (char[]){ "autovacuum=off" },
			 (char[]){ "-c" },
			 (char[]){ "max_connections=40" },
			 (char[]){ "-c" },
			 (char[]){ "max_prepared_transactions=4" },
			 NULL };
	setsid(); /* ^C reaches the test, which then closes the pipe */
	pid_t pid = fork();
	if (pid == 0)
		run_child(pg, argv);
	char c;
	while (read(gone, &c, 1) < 0 && errno == EINTR)
		;
	kill(pid, SIGQUIT);
	kill(pid, SIGCONT);
	waitpid(pid, NULL, 0);
	nftw(pg->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static PGconn *
try_connect(const struct test_pg *pg, const char *db)
{
	char port[16];
	snprintf(port, sizeof port, "%d", pg->port);
	const char *const k[] = { "host", "port", "user", "dbname", "connect_timeout", NULL };
	const char *const v[] = { pg->dir, port, "postgres", db != NULL ? db : "postgres",
				  "10",    NULL };
	return PQconnectdbParams(k, v, 0);
}

static void
wait_ready(struct test_pg *pg)
{
	char path[100], line[32] = "";
	for (int i = 0; i < START_SECONDS * 50; i++, nap()) {
		if (waitpid(pg->supervisor, NULL, WNOHANG) != 0)
			break;
		PGconn *c = try_connect(pg, NULL);
		bool ok = PQstatus(c) == CONNECTION_OK;
		PQfinish(c);
		if (!ok)
			continue;
		snprintf(path, sizeof path, "%s/data/postmaster.pid", pg->dir);
		FILE *f = fopen(path, "r");
		if (f != NULL && fgets(line, sizeof line, f) != NULL)
			pg->server = (pid_t)strtol(line, NULL, 10);
		if (f != NULL)
			fclose(f);
		if (pg->server > 1)
			return;
	}
	show_log(pg);
	die("did not start");
}

struct test_pg *
test_pg_start(unsigned flags)
{
	struct test_pg *pg = calloc(1, sizeof *pg);
	const char *tmp = getenv("TMPDIR");
	/* A socket's path has room for 107 bytes. */
	if (tmp == NULL || strlen(tmp) > 40)
		tmp = "/tmp";
	int fds[2];
	if (pg == NULL || pipe2(fds, O_CLOEXEC) != 0)
		die("no memory or no pipe");
	snprintf(pg->dir, sizeof pg->dir, "%s/sluice-pg-XXXXXX", tmp);
	if (mkdtemp(pg->dir) == NULL)
		die("cannot make %s: %s", pg->dir, strerror(errno));
	find_binaries(pg->bin, sizeof pg->bin);
	pg->tcp = (flags & TEST_PG_TCP) != 0;
	pg->port = pg->tcp ? free_port() : 5432;
	init_cluster(pg);
	fflush(NULL);
	pg->supervisor = fork();
	if (pg->supervisor < 0)
		die("fork: %s", strerror(errno));
	if (pg->supervisor == 0) {
		close(fds[1]);
		supervise(pg, fds[0]);
	}
	close(fds[0]);
	pg->alive = fds[1];
	wait_ready(pg);
	return pg;
}

void
test_pg_stop(struct test_pg *pg)
{
	if (pg == NULL)
		return;
	close(pg->alive);
	while (waitpid(pg->supervisor, NULL, 0) < 0 && errno == EINTR)
		;
	free(pg);
}

const char *
test_pg_host(const struct test_pg *pg)
{
	return pg->dir;
}

int
test_pg_port(const struct test_pg *pg)
{
	return pg->port;
}

const char *
test_pg_password(const struct test_pg *pg)
{
	(void)pg;
	return "test-only-c0ffee";
}

static PGresult *
run_sql(struct test_pg *pg, const char *db, const char *sql, PGconn **conn)
{
	*conn = try_connect(pg, db);
	if (PQstatus(*conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(*conn));
	PGresult *r = PQexec(*conn, sql);
	ExecStatusType st = PQresultStatus(r);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		die("%.200s: %s", sql, PQerrorMessage(*conn));
	return r;
}

void
test_pg_sql(struct test_pg *pg, const char *db, const char *sql)
{
	PGconn *c;
	PQclear(run_sql(pg, db, sql, &c));
	PQfinish(c);
}

char *
test_pg_get(struct test_pg *pg, const char *db, const char *sql)
{
	PGconn *c;
	PGresult *r = run_sql(pg, db, sql, &c);
	char *out = NULL;
	if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		out = strdup(PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(c);
	return out;
}

void
test_pg_kill(struct test_pg *pg)
{
	kill(pg->server, SIGQUIT);
	/* The supervisor reaps it only at the end, so look for its socket instead of its pid. */
	for (int i = 0; i < START_SECONDS * 50; i++, nap()) {
		PGconn *c = try_connect(pg, NULL);
		bool up = PQstatus(c) == CONNECTION_OK;
		PQfinish(c);
		if (!up)
			return;
	}
	die("did not stop");
}

/* Parent of a process, 0 when it is gone. */
static pid_t
parent_of(const char *pid)
{
	char path[300], text[512];
	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return 0;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	/* "pid (name) state ppid": the name may hold anything, so start at its last bracket. */
	const char *p = strrchr(text, ')');
	return p != NULL && strlen(p) > 4 ? (pid_t)strtol(p + 4, NULL, 10) : 0;
}

static void
signal_all(struct test_pg *pg, int sig)
{
	DIR *d = opendir("/proc");
	if (d == NULL)
		die("no /proc");
	kill(pg->server, sig);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid > 1 && parent_of(e->d_name) == pg->server)
			kill(pid, sig);
	}
	closedir(d);
}

void
test_pg_freeze(struct test_pg *pg)
{
	signal_all(pg, SIGSTOP);
}

void
test_pg_thaw(struct test_pg *pg)
{
	signal_all(pg, SIGCONT);
}
