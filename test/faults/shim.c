/*
 * Stands between a process and its disk: counts the calls that change files below some directories, writes them down,
 * and kills the process, fails, stalls, hangs or slows down at those that the environment names. To be preloaded.
 *
 * FAULT_DIR    the directory; calls elsewhere are passed on
 * FAULT_LOG    a file that gets "op path" for each call, the path below FAULT_DIR
 * FAULT_MODE   kill   SIGKILL instead of the call
 *              torn   the same after half of a write
 *              error  the call fails with FAULT_ERRNO
 *              stall  it takes FAULT_MS more
 *              hang   it waits while FAULT_WHILE exists, and so does all that only looks at files
 *              slow   writes take as long as with FAULT_RATE bytes a second
 * FAULT_OP     only these operations: "rename link", all when unset
 * FAULT_PATH   only paths below FAULT_DIR that match this shell pattern
 * FAULT_FROM   the first call that is hit, of those that fit; from 1
 * FAULT_COUNT  how many are, 1 when unset
 * FAULT_WHILE  a file: only while it exists; calls are counted all the same
 *
 * Operations: open (that may change or create), write, rename, link, unlink, mkdir, chmod, truncate, sync.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ROOM char room[PATH_MAX]

enum { GO_ON, FAIL, TEAR };

static const char *directory, *mode, *ops, *pattern, *condition;
static size_t directory_length;
static int log_fd = -1, error_number;
static long from, count, milliseconds;
static double rate;
static atomic_long calls;
static pthread_mutex_t slow_lock = PTHREAD_MUTEX_INITIALIZER;
static double slow_until;

static long raw(long n, long a, long b, long c, long d, long e, long f) {
  static long (*next)(long, ...);
  if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return next(n, a, b, c, d, e, f);
}

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text && *text ? atol(text) : otherwise;
}

__attribute__((constructor)) static void start(void) {
  directory = getenv("FAULT_DIR");
  if (!directory || !*directory) { directory = NULL; return; }
  directory_length = strlen(directory);
  mode = getenv("FAULT_MODE");
  ops = getenv("FAULT_OP");
  pattern = getenv("FAULT_PATH");
  condition = getenv("FAULT_WHILE");
  from = number("FAULT_FROM", 1);
  count = number("FAULT_COUNT", 1);
  milliseconds = number("FAULT_MS", 1000);
  error_number = (int)number("FAULT_ERRNO", EIO);
  rate = (double)number("FAULT_RATE", 0);
  const char *log = getenv("FAULT_LOG");
  if (log && *log) log_fd = (int)raw(SYS_openat, AT_FDCWD, (long)log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666, 0, 0);
}

static void pause_for(double seconds) {
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (raw(SYS_nanosleep, (long)&left, (long)&left, 0, 0, 0, 0) != 0 && errno == EINTR) {}
}

static int holds(void) { return !condition || raw(SYS_faccessat, AT_FDCWD, (long)condition, F_OK, 0, 0, 0) == 0; }

/* The part of an absolute path below the directory, NULL elsewhere. */
static const char *below(const char *path) {
  if (!directory || strncmp(path, directory, directory_length) != 0) return NULL;
  if (path[directory_length] == '/') return path + directory_length + 1;
  return path[directory_length] == 0 ? "." : NULL;
}

static const char *named(const char *path, char *room) {
  if (!directory || !path) return NULL;
  if (path[0] == '/') return below(path);
  if (!getcwd(room, PATH_MAX)) return NULL;
  size_t length = strlen(room);
  snprintf(room + length, PATH_MAX - length, "/%s", path);
  return below(room);
}

/* Drafts that got their names by a link: the kernel calls their open files by the name that is gone. */
#define ALIASES 256
static struct { char from[PATH_MAX], to[PATH_MAX]; } aliases[ALIASES];
static long alias_count;
static pthread_mutex_t alias_lock = PTHREAD_MUTEX_INITIALIZER;

static void remember(const char *from_path, const char *path) {
  ROOM;
  const char *from_name = named(from_path, room);
  char other[PATH_MAX];
  const char *name = named(path, other);
  if (!from_name || !name) return;
  pthread_mutex_lock(&alias_lock);
  snprintf(aliases[alias_count % ALIASES].from, PATH_MAX, "%s (deleted)", from_name);
  snprintf(aliases[alias_count++ % ALIASES].to, PATH_MAX, "%s", name);
  pthread_mutex_unlock(&alias_lock);
}

static const char *now_named(const char *name) {
  const char *found = name;
  pthread_mutex_lock(&alias_lock);
  for (long n = alias_count - 1; n >= 0 && n >= alias_count - ALIASES && found == name; n--)
    if (strcmp(aliases[n % ALIASES].from, name) == 0) found = aliases[n % ALIASES].to;
  pthread_mutex_unlock(&alias_lock);
  return found;
}

static const char *opened(int fd, char *room) {
  if (!directory || fd < 3) return NULL;
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = raw(SYS_readlinkat, AT_FDCWD, (long)link, (long)room, PATH_MAX - 1, 0, 0);
  if (length <= 0) return NULL;
  room[length] = 0;
  const char *name = below(room);
  return name && strstr(name, " (deleted)") ? now_named(name) : name;
}

static void die(void) {
  raw(SYS_kill, getpid(), SIGKILL, 0, 0, 0, 0);
  for (;;) pause_for(1);
}

static int is(const char *name) { return mode && strcmp(mode, name) == 0; }

static void hang(const char *path) {
  if (path && is("hang")) while (holds()) pause_for(0.02);
}

static void slow(double bytes) {
  struct timespec time;
  pthread_mutex_lock(&slow_lock);
  clock_gettime(CLOCK_MONOTONIC, &time);
  double now = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
  if (slow_until < now) slow_until = now;
  slow_until += bytes / rate;
  double wait = slow_until - now;
  pthread_mutex_unlock(&slow_lock);
  pause_for(wait);
}

static int has_word(const char *words, const char *word) {
  size_t length = strlen(word);
  for (const char *at = words; (at = strstr(at, word)); at += length)
    if ((at == words || at[-1] == ' ') && (at[length] == 0 || at[length] == ' ')) return 1;
  return 0;
}

/* Called before each operation. With FAIL errno is set. */
static int at(const char *op, const char *path, size_t bytes) {
  if (!path) return GO_ON;
  if (log_fd >= 0) {
    char line[PATH_MAX + 40];
    int length = snprintf(line, sizeof line, "%s %s\n", op, path);
    raw(SYS_write, log_fd, (long)line, length, 0, 0, 0);
  }
  if (!mode) return GO_ON;
  hang(path);
  if (is("slow")) { if (bytes > 0 && rate > 0 && holds()) slow((double)bytes); return GO_ON; }
  if ((ops && *ops && !has_word(ops, op)) || (pattern && *pattern && fnmatch(pattern, path, 0) != 0)) return GO_ON;
  if (condition && !holds()) return GO_ON;
  long call = atomic_fetch_add(&calls, 1) + 1;
  if (call < from || call >= from + count) return GO_ON;
  if (is("kill")) die();
  if (is("torn")) { if (bytes > 1) return TEAR; die(); }
  if (is("error")) { errno = error_number; return FAIL; }
  if (is("stall")) pause_for((double)milliseconds / 1000);
  return GO_ON;
}

#define NEXT(name) ({ static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); next; })
#define IF_OK(op, path) if (at(op, path, 0) == FAIL) return -1

#define WRITE(name, type, arguments, passed, size, half) \
  ssize_t name arguments { \
    ROOM; \
    const char *path = opened(fd, room); \
    switch (path ? at("write", path, size) : GO_ON) { \
    case FAIL: return -1; \
    case TEAR: half; die(); \
    } \
    return NEXT(name) passed; \
  }

static size_t total(const struct iovec *parts, int n) {
  size_t bytes = 0;
  for (int i = 0; i < n; i++) bytes += parts[i].iov_len;
  return bytes;
}

WRITE(write, , (int fd, const void *data, size_t size), (fd, data, size), size, NEXT(write)(fd, data, size / 2))
WRITE(pwrite, , (int fd, const void *data, size_t size, off_t offset), (fd, data, size, offset), size, NEXT(pwrite)(fd, data, size / 2, offset))
WRITE(pwrite64, , (int fd, const void *data, size_t size, off64_t offset), (fd, data, size, offset), size, NEXT(pwrite64)(fd, data, size / 2, offset))
WRITE(writev, , (int fd, const struct iovec *parts, int n), (fd, parts, n), total(parts, n), NEXT(writev)(fd, parts, n / 2))
WRITE(pwritev, , (int fd, const struct iovec *parts, int n, off_t offset), (fd, parts, n, offset), total(parts, n), NEXT(pwritev)(fd, parts, n / 2, offset))
WRITE(pwritev64, , (int fd, const struct iovec *parts, int n, off64_t offset), (fd, parts, n, offset), total(parts, n), NEXT(pwritev64)(fd, parts, n / 2, offset))

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define OPEN(name, arguments, last, passed) \
  int name arguments { \
    ROOM; \
    mode_t permissions = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list list; \
      va_start(list, last); \
      permissions = va_arg(list, mode_t); \
      va_end(list); \
    } \
    const char *target = named(path, room); \
    if (flags & CHANGES) { IF_OK("open", target); } \
    else hang(target); \
    return NEXT(name) passed; \
  }

OPEN(open, (const char *path, int flags, ...), flags, (path, flags, permissions))
OPEN(open64, (const char *path, int flags, ...), flags, (path, flags, permissions))
OPEN(openat, (int at_fd, const char *path, int flags, ...), flags, (at_fd, path, flags, permissions))
OPEN(openat64, (int at_fd, const char *path, int flags, ...), flags, (at_fd, path, flags, permissions))

#define PATH_CALL(name, op, arguments, passed, target) \
  int name arguments { ROOM; IF_OK(op, named(target, room)); return NEXT(name) passed; }
#define FD_CALL(name, op, arguments, passed) \
  int name arguments { ROOM; IF_OK(op, opened(fd, room)); return NEXT(name) passed; }

/* Of two names the new one counts. */
PATH_CALL(rename, "rename", (const char *from_path, const char *path), (from_path, path), path)
PATH_CALL(renameat, "rename", (int a, const char *from_path, int b, const char *path), (a, from_path, b, path), path)
PATH_CALL(renameat2, "rename", (int a, const char *from_path, int b, const char *path, unsigned flags), (a, from_path, b, path, flags), path)
int link(const char *from_path, const char *path) {
  ROOM;
  IF_OK("link", named(path, room));
  int result = NEXT(link)(from_path, path);
  if (result == 0) remember(from_path, path);
  return result;
}

PATH_CALL(linkat, "link", (int a, const char *from_path, int b, const char *path, int flags), (a, from_path, b, path, flags), path)
PATH_CALL(unlink, "unlink", (const char *path), (path), path)
PATH_CALL(unlinkat, "unlink", (int a, const char *path, int flags), (a, path, flags), path)
PATH_CALL(rmdir, "unlink", (const char *path), (path), path)
PATH_CALL(mkdir, "mkdir", (const char *path, mode_t permissions), (path, permissions), path)
PATH_CALL(chmod, "chmod", (const char *path, mode_t permissions), (path, permissions), path)
PATH_CALL(truncate, "truncate", (const char *path, off_t length), (path, length), path)
PATH_CALL(truncate64, "truncate", (const char *path, off64_t length), (path, length), path)
FD_CALL(fchmod, "chmod", (int fd, mode_t permissions), (fd, permissions))
FD_CALL(ftruncate, "truncate", (int fd, off_t length), (fd, length))
FD_CALL(ftruncate64, "truncate", (int fd, off64_t length), (fd, length))
FD_CALL(fsync, "sync", (int fd), (fd))
FD_CALL(fdatasync, "sync", (int fd), (fd))

/* What only looks: a mount that hangs does not answer that either. */
ssize_t read(int fd, void *data, size_t size) {
  ROOM;
  if (is("hang")) hang(opened(fd, room));
  return NEXT(read)(fd, data, size);
}

int access(const char *path, int how) {
  ROOM;
  hang(named(path, room));
  return NEXT(access)(path, how);
}

/* libuv calls statx by its number. */
long syscall(long n, ...) {
  va_list list;
  long a[6];
  va_start(list, n);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (n == SYS_statx && is("hang")) {
    ROOM;
    const char *path = (const char *)a[1];
    hang(path && *path ? named(path, room) : opened((int)a[0], room));
  }
  return raw(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
