/* A disk that fails on request: loaded before a process (LD_PRELOAD), it counts every call that changes what
 * lies below one folder, and lets the N-th of them fail. Python, Arrow and zlib all write through these calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OFF, FULL, ONCE, SHORT, KILL, VANISH };
enum { NEEDS_ROOM, ONLY_TAKES_AWAY };

static char folder[PATH_MAX];
static int mode = OFF, error = ENOSPC;
static long at;
static atomic_long count, failed, writes;

/* To be called by the test: which folder, what happens, at which call (from 1), with which error. */
void fault_set(const char *place, int what, long number, int code) {
    snprintf(folder, sizeof folder, "%s", place);
    mode = what, at = number, error = code;
    count = failed = writes = 0;
}
long fault_count(void) { return count; }   /* calls that change something */
long fault_failed(void) { return failed; } /* of these, how many were failed */
long fault_writes(void) { return writes; } /* of these, how many carry bytes */

static int below(const char *path) {
    size_t n = strlen(folder);
    return n && !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int named(int base, const char *path) { /* a path of a call, which may start at an open folder */
    char whole[2 * PATH_MAX], link[64];
    if (!*folder) return 0;
    if (*path == '/') return below(path);
    snprintf(link, sizeof link, base == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", base);
    ssize_t n = readlink(link, whole, PATH_MAX - 1);
    if (n < 0) return 0;
    snprintf(whole + n, PATH_MAX, "/%s", path);
    return below(whole);
}

static int opened(int handle) {
    char link[64], path[PATH_MAX];
    if (!*folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Count a call; return whether it is to fail. A call that ends the process ends it here. */
static int fails(int kind) {
    long number = ++count;
    if ((mode == FULL && number >= at && kind == NEEDS_ROOM) || (mode == ONCE && number == at)) {
        failed++;
        errno = error;
        return 1;
    }
    if (mode == KILL && number == at) kill(getpid(), SIGKILL);
    if (mode == VANISH && number == at) {
        char gone[PATH_MAX + 8];
        snprintf(gone, sizeof gone, "%s.gone", folder);
        failed += !REAL(rename)(folder, gone);
    }
    return 0;
}

ssize_t write(int handle, const void *bytes, size_t n) {
    if (!opened(handle)) return REAL(write)(handle, bytes, n);
    writes++;
    if (count + 1 == at && n > 1 && (mode == KILL || mode == FULL || mode == SHORT)) { /* half of it gets there */
        ssize_t half = REAL(write)(handle, bytes, n / 2);
        if (mode != KILL) return count++, failed++, half;
    }
    return fails(NEEDS_ROOM) ? -1 : REAL(write)(handle, bytes, n);
}
ssize_t pwrite(int handle, const void *bytes, size_t n, off_t place) {
    return opened(handle) && fails(NEEDS_ROOM) ? -1 : REAL(pwrite)(handle, bytes, n, place);
}
ssize_t pwrite64(int handle, const void *bytes, size_t n, off64_t place) {
    return opened(handle) && fails(NEEDS_ROOM) ? -1 : REAL(pwrite64)(handle, bytes, n, place);
}
ssize_t writev(int handle, const struct iovec *parts, int n) {
    return opened(handle) && fails(NEEDS_ROOM) ? -1 : REAL(writev)(handle, parts, n);
}
int fsync(int handle) { return opened(handle) && fails(NEEDS_ROOM) ? -1 : REAL(fsync)(handle); }
int fdatasync(int handle) { return opened(handle) && fails(NEEDS_ROOM) ? -1 : REAL(fdatasync)(handle); }

#define OPEN(name)                                                                                   \
    int name(const char *path, int flags, ...) {                                                     \
        va_list more;                                                                                \
        va_start(more, flags);                                                                       \
        mode_t bits = flags & O_CREAT ? va_arg(more, mode_t) : 0;                                    \
        va_end(more);                                                                                \
        int changes = flags & (O_CREAT | O_TRUNC);                                                   \
        return changes && named(AT_FDCWD, path) && fails(NEEDS_ROOM) ? -1 : REAL(name)(path, flags, bits); \
    }
OPEN(open)
OPEN(open64)
#define OPEN_AT(name)                                                                                \
    int name(int base, const char *path, int flags, ...) {                                           \
        va_list more;                                                                                \
        va_start(more, flags);                                                                       \
        mode_t bits = flags & O_CREAT ? va_arg(more, mode_t) : 0;                                    \
        va_end(more);                                                                                \
        int changes = flags & (O_CREAT | O_TRUNC);                                                   \
        return changes && named(base, path) && fails(NEEDS_ROOM) ? -1 : REAL(name)(base, path, flags, bits); \
    }
OPEN_AT(openat)
OPEN_AT(openat64)

int mkdir(const char *path, mode_t bits) {
    return named(AT_FDCWD, path) && fails(NEEDS_ROOM) ? -1 : REAL(mkdir)(path, bits);
}
int rename(const char *old, const char *new) {
    return named(AT_FDCWD, new) && fails(NEEDS_ROOM) ? -1 : REAL(rename)(old, new);
}
int unlink(const char *path) {
    return named(AT_FDCWD, path) && fails(ONLY_TAKES_AWAY) ? -1 : REAL(unlink)(path);
}
int unlinkat(int base, const char *path, int flags) {
    return named(base, path) && fails(ONLY_TAKES_AWAY) ? -1 : REAL(unlinkat)(base, path, flags);
}
int rmdir(const char *path) {
    return named(AT_FDCWD, path) && fails(ONLY_TAKES_AWAY) ? -1 : REAL(rmdir)(path);
}

/* A clock that is set back by so many seconds before each time it is asked. */
static atomic_long asked, back;
void fault_clock(long seconds) { back = seconds; }
long fault_asked(void) { return asked; }
int clock_gettime(clockid_t which, struct timespec *now) {
    int failed_too = REAL(clock_gettime)(which, now);
    if (back && which == CLOCK_REALTIME) now->tv_sec -= back * ++asked;
    return failed_too;
}
