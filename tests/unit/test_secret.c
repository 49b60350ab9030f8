/* test_secret.c - secrets by reference: what is taken, what is refused, and that nothing leaks. */
#include "core/config/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/config/secret_parts.h"
#include "tests/lib/workspace.h"

static char dir[64];
static struct sl_secret secret;
static struct sl_err err;

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sluice-secret-XXXXXX");
	assert_non_null(mkdtemp(dir));
	err = (struct sl_err){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sl_secret_free(&secret);
	ws_remove_folder(dir);
	return 0;
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const char *text, size_t n, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void
gives(const char *ref, const char *text)
{
	sl_secret_free(&secret);
	if (sl_secret_resolve(ref, dir, &secret, &err) != SL_OK)
		fail_msg("%s: %s", err.where, err.msg);
	if (!text) {
		assert_null(secret.ptr);
		return;
	}
	assert_string_equal(secret.ptr, text);
	assert_int_equal(secret.len, strlen(text));
}

/* Refused, with these words in the message and in the mend, and without the secret in any of them. */
static void
refuses(const char *ref, const char *msg, const char *hint)
{
	char all[1024];

	sl_secret_free(&secret);
	assert_int_not_equal(sl_secret_resolve(ref, dir, &secret, &err), SL_OK);
	assert_null(secret.ptr);
	sl_err_text(&err, all, sizeof(all));
	if (!strstr(err.msg, msg) || !strstr(err.hint, hint))
		fail_msg("%s", all);
	assert_null(strstr(all, "hunter2"));
}

static void
test_nothing(void **state)
{
	(void)state;
	gives("", NULL);
	gives(NULL, NULL);
	gives("pgpass", NULL);
	refuses("hunter2", "not a reference", "env:NAME");
	refuses("env:hunter2!", "not a reference", "env:NAME");
	refuses("env:", "not a reference", "env:NAME");
}

static void
test_env(void **state)
{
	(void)state;
	setenv("SLUICE_TEST_WORD", "hunter2", 1);
	gives("env:SLUICE_TEST_WORD", "hunter2");
	setenv("SLUICE_TEST_WORD", "", 1);
	refuses("env:SLUICE_TEST_WORD", "empty", "");
	unsetenv("SLUICE_TEST_WORD");
	refuses("env:SLUICE_TEST_WORD", "SLUICE_TEST_WORD is not set", "export SLUICE_TEST_WORD");
}

static void
test_file(void **state)
{
	char ref[160];

	(void)state;
	put("key", "hunter2\r\n", 9, 0600);
	gives("file:key", "hunter2");
	snprintf(ref, sizeof(ref), "file:%s", path_of("key"));
	gives(ref, "hunter2");
	put("key", "hunter2\n\n", 9, 0400);
	gives("file:key", "hunter2\n");
	put("key", "\n", 1, 0600);
	refuses("file:key", "empty", "");
	put("key", "hunter2\0x", 9, 0600);
	refuses("file:key", "NUL", "text");
	refuses("file:nowhere", "No such file", "install -m 600");
	refuses("file:~/key", "No such file", "whole path");
	refuses("file:", "No such file", "");
}

static void
test_file_that_others_can_read(void **state)
{
	static const mode_t modes[] = { 0644, 0640, 0604, 0620, 0601 };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(modes); i++) {
		put("key", "hunter2", 7, modes[i]);
		refuses("file:key", "others may", "chmod 600 key");
	}
	put("key", "hunter2", 7, 0600);
	assert_int_equal(symlink("key", path_of("link")), 0);
	refuses("file:link", "symbolic link", "points to");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	refuses("file:fifo", "not a regular file", "");
	refuses("file:.", "not a regular file", "");
	if (geteuid() == 0) {
		assert_int_equal(chown(path_of("key"), 12345, 12345), 0);
		refuses("file:key", "another user", "chown");
	}
}

static void
test_size_limit(void **state)
{
	char *big = malloc(SL_SECRET_MAX + 1);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', SL_SECRET_MAX + 1);
	put("key", big, SL_SECRET_MAX, 0600);
	assert_int_equal(sl_secret_resolve("file:key", dir, &secret, &err), SL_OK);
	assert_int_equal(secret.len, SL_SECRET_MAX);
	put("key", big, SL_SECRET_MAX + 1, 0600);
	refuses("file:key", "larger than 64 KiB", "");
	refuses("exec:/usr/bin/head -c 65537 /dev/zero", "more than 64 KiB", "");
	refuses("exec:/usr/bin/yes", "more than 64 KiB", "");
	free(big);
}

static void
test_exec(void **state)
{
	(void)state;
	gives("exec:/bin/echo hunter2", "hunter2");
	gives("exec:  /usr/bin/printf '%s|%s|%s'  \"a b\" 'c\"d'e ''", "a b|c\"de|");
	gives("exec:/bin/sh -c 'printf \"%s\\n\\n\" hunter2'", "hunter2\n");
	refuses("exec:echo hunter2", "absolute path", "exec:/usr/bin/pass");
	refuses("exec:", "absolute path", "");
	refuses("exec:/bin/echo 'hunter2", "not closed", "");
	refuses("exec:/nowhere/at/all hunter2", "cannot be started", "path");
	refuses("exec:/bin/sh -c 'echo hunter2; exit 3'", "status 3", "by hand");
	refuses("exec:/bin/sh -c 'kill -9 $$'", "signal 9", "by hand");
	refuses("exec:/bin/true", "empty", "");
}

static void
test_exec_sees_little_of_us(void **state)
{
	(void)state;
	setenv("SLUICE_TEST_WORD", "hunter2", 1);
	setenv("HOME", "/home/me", 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	gives("exec:/usr/bin/env", "PATH=/usr/bin:/bin\nHOME=/home/me");
	unsetenv("SLUICE_TEST_WORD");
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */
	assert_true(fd >= 0);
	gives("exec:/bin/sh -c 'ls /proc/self/fd | wc -l; cat'", "4"); /* 0 1 2 and ls's own */
	close(fd);
}

static void
test_exec_has_a_deadline(void **state)
{
	static const char *const slow[] = {
		"/bin/sleep 30", "/bin/sh -c 'exec >&-; sleep 30'", /* no output, but goes on */
		"/bin/sh -c 'sleep 30 & echo hunter2; exit 0'",     /* its child holds the output */
	};
	int64_t start_us = sl_mono_us();

	(void)state;
	for (size_t i = 0; i < SL_COUNT(slow); i++) {
		assert_int_equal(sl_secret_from_exec(slow[i], 150, &secret, &err), SL_E_TIMEOUT);
		assert_null(secret.ptr);
		assert_non_null(strstr(err.msg, "in time"));
	}
	assert_true(sl_mono_us() - start_us < 10 * 1000000);
}

/* ---- no trace ---------------------------------------------------------------------------------- */

static void
test_free_is_safe(void **state)
{
	struct sl_secret none = { NULL, 0 };

	(void)state;
	sl_secret_free(&none);
	gives("exec:/bin/echo hunter2", "hunter2");
	sl_secret_free(&secret);
	assert_null(secret.ptr);
	assert_int_equal(secret.len, 0);
	sl_secret_free(&secret);
}

#define SECRET(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SECRET(test_nothing),
		SECRET(test_env),
		SECRET(test_file),
		SECRET(test_file_that_others_can_read),
		SECRET(test_size_limit),
		SECRET(test_exec),
		SECRET(test_exec_sees_little_of_us),
		SECRET(test_exec_has_a_deadline),
		SECRET(test_free_is_safe),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
