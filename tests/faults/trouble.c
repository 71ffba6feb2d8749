/* Preloaded: the n-th call that changes something below a folder fails, and if it is to stay so, all calls after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char below[4096];
static long calls, from, until;
static int error_number;

void trouble_begin(const char *folder, long first, long last, int error) {
    strncpy(below, folder, sizeof below - 1);
    calls = 0, from = first, until = last, error_number = error;
}

long trouble_calls(void) { return calls; }

static int fails(const char *path) {
    if (!below[0] || !path || strncmp(path, below, strlen(below))) return 0;
    long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    if (call < from || call > until) return 0;
    errno = error_number;
    return 1;
}

static int fails_at(int fd, const char *name) {
    char link[64], path[4096];
    if (!below[0]) return 0;
    if (name && name[0] == '/') return fails(name);
    if (fd == AT_FDCWD) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) { return fails_at(fd, 0) ? -1 : REAL(write)(fd, data, size); }
ssize_t writev(int fd, const struct iovec *data, int count) { return fails_at(fd, 0) ? -1 : REAL(writev)(fd, data, count); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return fails_at(fd, 0) ? -1 : REAL(pwrite)(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return fails_at(fd, 0) ? -1 : REAL(pwrite64)(fd, data, size, at); }
int fsync(int fd) { return fails_at(fd, 0) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails_at(fd, 0) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fails_at(fd, 0) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails_at(fd, 0) ? -1 : REAL(ftruncate64)(fd, size); }
int rename(const char *from_path, const char *to) { return fails(to) ? -1 : REAL(rename)(from_path, to); }
int symlink(const char *target, const char *link) { return fails(link) ? -1 : REAL(symlink)(target, link); }
int mkdir(const char *path, mode_t mode) { return fails(path) ? -1 : REAL(mkdir)(path, mode); }
int unlink(const char *path) { return fails(path) ? -1 : REAL(unlink)(path); }
int unlinkat(int fd, const char *name, int flags) { return fails_at(fd, name) ? -1 : REAL(unlinkat)(fd, name, flags); }
ssize_t sendfile(int out, int in, off_t *at, size_t size) { return fails_at(out, 0) ? -1 : REAL(sendfile)(out, in, at, size); }
ssize_t sendfile64(int out, int in, off64_t *at, size_t size) { return fails_at(out, 0) ? -1 : REAL(sendfile64)(out, in, at, size); }
ssize_t copy_file_range(int in, off64_t *from_at, int out, off64_t *to, size_t size, unsigned flags) {
    return fails_at(out, 0) ? -1 : REAL(copy_file_range)(in, from_at, out, to, size, flags);
}

#define OPENING(name)                                                           \
    int name(const char *path, int flags, ...) {                                \
        va_list more;                                                           \
        va_start(more, flags);                                                  \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                           \
        if (flags & O_CREAT && fails(path)) return -1;                          \
        return REAL(name)(path, flags, mode);                                   \
    }
OPENING(open)
OPENING(open64)
