// SPDX-License-Identifier: Apache-2.0
// Thin, complete wrappers: every loop over short writes, EINTR and errno's text is here and nowhere
// else. All descriptors are close-on-exec.
#include "os/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// The one global of this folder: faults must reach calls deep inside modules that know nothing of
// tests.
static struct {
    file_fault *inject;
    void *context;
} fault;

void file_set_fault(file_fault *inject, void *context)
{
    fault.context = context;
    __atomic_store_n(&fault.inject, inject, __ATOMIC_RELEASE);
}

// Sets errno and returns true when the test wants this operation to fail.
static bool faulty(const char *operation)
{
    file_fault *inject = __atomic_load_n(&fault.inject, __ATOMIC_ACQUIRE);
    if (!inject)
        return false;
    int error_number = inject(fault.context, operation);
    if (error_number)
        errno = error_number;
    return error_number != 0;
}

static enum err fail(struct error *error, const char *what, const char *path)
{
    int number = errno;
    enum err kind = number == ENOENT                      ? ERR_NOT_FOUND
                    : number == EEXIST                    ? ERR_EXISTS
                    : number == EACCES || number == EPERM ? ERR_DENIED
                                                          : ERR_IO;
    return error_set(error, kind, "cannot %s %s: %s", what, path, strerror(number));
}

// The name behind a descriptor, for messages only.
static enum err fail_fd(struct error *error, const char *what, int fd)
{
    int number = errno;
    char link[32], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    path[len > 0 ? len : 0] = 0;
    errno = number;
    enum err kind = fail(error, what, len > 0 ? path : link);
    return kind;
}

static int open_retrying(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

enum err file_create(const char *path, mode_t mode, int *out_fd, struct error *error)
{
    if (faulty("create"))
        return fail(error, "create", path);
    int fd = open_retrying(path, O_CREAT | O_EXCL | O_RDWR, mode);
    if (fd < 0)
        return fail(error, "create", path);
    *out_fd = fd;
    return OK;
}

enum err file_open_read(const char *path, int *out_fd, struct error *error)
{
    int fd = open_retrying(path, O_RDONLY, 0);
    if (fd < 0)
        return fail(error, "open", path);
    *out_fd = fd;
    return OK;
}

#define UNNAMED_PREFIX ".unnamed-"

enum err file_create_unnamed(const char *folder, mode_t mode, int *out_fd, struct error *error)
{
    if (faulty("create"))
        return fail(error, "create a file in", folder);
    int fd = open_retrying(folder, O_TMPFILE | O_RDWR, mode);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/" UNNAMED_PREFIX "XXXXXX", folder);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0 && fchmod(fd, mode) != 0) {
            unlink(path);
            file_close(fd);
            fd = -1;
        }
    }
    if (fd < 0)
        return fail(error, "create a file in", folder);
    *out_fd = fd;
    return OK;
}

void file_discard(int fd)
{
    char link[32], name[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    struct stat info;
    ssize_t len = fd >= 0 && fstat(fd, &info) == 0 && info.st_nlink > 0 ? readlink(link, name, sizeof name - 1) : -1;
    if (len > 0) {
        name[len] = 0;
        const char *slash = strrchr(name, '/');
        if (slash && strncmp(slash + 1, UNNAMED_PREFIX, strlen(UNNAMED_PREFIX)) == 0)
            unlink(name);
    }
    file_close(fd);
}

// Gives the file a second name beside the one it is to have, which is then renamed over it: a link replaces nothing.
static enum err publish_over(const char *from, const char *path, struct error *error)
{
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%s.new-%d", path, (int)getpid());
    if (linkat(AT_FDCWD, from, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) != 0)
        return fail(error, "create", beside);
    enum err err = file_rename(beside, path, error);
    if (err != OK)
        unlink(beside);
    return err;
}

enum err file_publish(int fd, const char *path, struct error *error)
{
    char link[32], name[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, name, sizeof name - 1);
    struct stat info;
    if (len < 0 || fstat(fd, &info) != 0)
        return fail(error, "name", path);
    name[len] = 0;
    if (info.st_nlink > 0) // it has a hidden name
        return file_rename(name, path, error);
    if (faulty("create"))
        return fail(error, "create", path);
    if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return OK;
    return errno == EEXIST ? publish_over(link, path, error) : fail(error, "create", path);
}

enum err file_read_some(int fd, void *out, size_t len, size_t *out_len, struct error *error)
{
    ssize_t got;
    do
        got = read(fd, out, len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_fd(error, "read", fd);
    *out_len = (size_t)got;
    return OK;
}

enum err file_append(int fd, struct str bytes, struct error *error)
{
    while (bytes.len > 0) {
        if (faulty("write"))
            return fail_fd(error, "write", fd);
        ssize_t wrote = write(fd, bytes.ptr, bytes.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fail_fd(error, "write", fd);
        bytes.ptr += wrote;
        bytes.len -= (size_t)wrote;
    }
    return OK;
}

enum err file_read_at(int fd, uint64_t offset, void *out, size_t len, struct error *error)
{
    for (char *at = out; len > 0;) {
        ssize_t got = pread(fd, at, len, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_fd(error, "read", fd);
        if (got == 0)
            return error_set(error, ERR_IO, "a file ends at byte %llu, %zu bytes too early",
                             (unsigned long long)offset, len);
        at += got;
        offset += (uint64_t)got;
        len -= (size_t)got;
    }
    return OK;
}

enum err file_sync(int fd, struct error *error)
{
    if (faulty("sync") || fdatasync(fd) != 0)
        return fail_fd(error, "sync", fd);
    return OK;
}

enum err file_size(const char *path, uint64_t *out_size, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return fail(error, "look at", path);
    *out_size = (uint64_t)status.st_size;
    return OK;
}

enum err file_age(const char *path, int64_t *out_age_ms, struct error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return fail(error, "look at", path);
    struct timespec now, then = status.st_mtim;
    if (status.st_ctim.tv_sec > then.tv_sec ||
        (status.st_ctim.tv_sec == then.tv_sec && status.st_ctim.tv_nsec > then.tv_nsec))
        then = status.st_ctim;
    clock_gettime(CLOCK_REALTIME, &now);
    *out_age_ms = (now.tv_sec - then.tv_sec) * 1000 + (now.tv_nsec - then.tv_nsec) / 1000000;
    return OK;
}

enum err file_rename(const char *from, const char *to, struct error *error)
{
    if (faulty("rename") || rename(from, to) != 0)
        return fail(error, "rename to", to);
    return OK;
}

enum err file_link(const char *from, const char *to, struct error *error)
{
    if (faulty("create") || link(from, to) != 0)
        return fail(error, "link", from);
    return OK;
}

enum err file_remove(const char *path, struct error *error)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return fail(error, "remove", path);
    return OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void file_close(int fd)
{
    if (fd >= 0)
        close(fd); // nothing is learnt here: what had to be durable was synced before
}

enum err file_read_all(struct arena *arena, const char *path, size_t max_bytes, struct str *out,
                       struct error *error)
{
    int fd;
    TRY(file_open_read(path, &fd, error));
    struct buf buf = buf_in(arena, max_bytes);
    char chunk[16 * 1024];
    enum err result = OK;
    // No trust in the size: files under /proc say zero, and others grow.
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result = fail(error, "read", path);
        if (got <= 0)
            break;
        buf_put_bytes(&buf, chunk, (size_t)got);
        if (buf.overflowed) {
            result = error_set(error, ERR_LIMIT, "%s is larger than %zu bytes", path, max_bytes);
            break;
        }
    }
    close(fd);
    if (result == OK)
        *out = buf_str(&buf);
    return result;
}

// The folder part of a path, "." when it has none.
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = !slash          ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    assert(folder);
    return folder;
}

static enum err write_beside(const char *beside, const char *path, int fd, struct str bytes,
                             mode_t mode, struct error *error)
{
    if (fchmod(fd, mode) != 0)
        return fail(error, "set the mode of", beside);
    TRY(file_append(fd, bytes, error));
    TRY(file_sync(fd, error));
    return file_rename(beside, path, error);
}

enum err file_write_atomic(const char *path, struct str bytes, mode_t mode, struct error *error)
{
    char *beside;
    int len = asprintf(&beside, "%s.XXXXXX", path);
    assert(len > 0);
    int fd = faulty("create") ? -1 : mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        enum err kind = fail(error, "create", path);
        free(beside);
        return kind;
    }
    enum err result = write_beside(beside, path, fd, bytes, mode, error);
    close(fd);
    if (result != OK)
        unlink(beside);
    free(beside);
    TRY(result);
    char *folder = folder_of(path);
    result = folder_sync(folder, error);
    free(folder);
    return result;
}

enum err folder_make(const char *path, mode_t mode, struct error *error)
{
    char *partial = strdup(path);
    assert(partial);
    enum err result = OK;
    for (char *at = partial; *at && result == OK;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char separator = *at;
        *at = 0;
        bool is_whole = separator == 0 || at[1 + strspn(at + 1, "/")] == 0;
        if (*partial && !file_exists(partial) &&
            (faulty("create") || mkdir(partial, is_whole ? mode : mode | 0700) != 0) &&
            errno != EEXIST)
            result = fail(error, "make folder", partial);
        *at = separator;
    }
    free(partial);
    return result;
}

enum err folder_sync(const char *path, struct error *error)
{
    int fd = open_retrying(path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fail(error, "open folder", path);
    enum err result = OK;
    if (faulty("sync") || fsync(fd) != 0)
        result = fail(error, "sync folder", path);
    close(fd);
    return result;
}

// fd is closed; entries of unknown kind are asked for.
static enum err remove_contents(int fd, const char *path, struct error *error);

static enum err remove_entry(int fd, const char *name, const char *path, struct error *error)
{
    if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
        return OK;
    if (errno != EISDIR && errno != EPERM)
        return fail(error, "remove from", path);
    int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0)
        return errno == ENOENT ? OK : fail(error, "remove from", path);
    TRY(remove_contents(inner, path, error));
    if (unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        return fail(error, "remove from", path);
    return OK;
}

static enum err remove_contents(int fd, const char *path, struct error *error)
{
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return fail(error, "list", path);
    }
    enum err result = OK;
    struct dirent *entry;
    while (result == OK && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = remove_entry(dirfd(folder), entry->d_name, path, error);
    closedir(folder);
    return result;
}

enum err folder_remove_all(const char *path, struct error *error)
{
    int fd = open_retrying(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0)
        return errno == ENOENT ? OK : fail(error, "open folder", path);
    TRY(remove_contents(fd, path, error));
    if (rmdir(path) != 0 && errno != ENOENT)
        return fail(error, "remove", path);
    return OK;
}

static int entry_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct folder_entry *)a)->name, ((const struct folder_entry *)b)->name);
}

enum err folder_list(struct arena *arena, const char *path, struct folder_entry **out_entries,
                     size_t *out_count, struct error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return fail(error, "list", path);
    struct folder_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue; // gone meanwhile
        *ARENA_PUSH(arena, entries, count, capacity) = (struct folder_entry){
            .name = str_of(str_cstr(arena, str_of(entry->d_name))),
            .is_folder = S_ISDIR(status.st_mode),
            .size_bytes = (uint64_t)status.st_size,
        };
    }
    closedir(folder);
    if (count > 1)
        qsort(entries, count, sizeof *entries, entry_cmp);
    *out_entries = entries;
    *out_count = count;
    return OK;
}

enum err folder_make_temp(struct arena *arena, const char *parent, const char *prefix,
                          char **out_path, struct error *error)
{
    const char *configured = getenv("TMPDIR");
    if (!parent)
        parent = configured && *configured ? configured : "/tmp";
    struct str name = str_format(arena, "%s/%s.XXXXXX", parent, prefix);
    char *path = str_cstr(arena, name);
    if (faulty("create") || !mkdtemp(path))
        return fail(error, "make a temporary folder in", parent);
    *out_path = path;
    return OK;
}

enum err file_lock(const char *path, int *out_fd, struct error *error)
{
    int fd = open_retrying(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0)
        return fail(error, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum err kind = errno == EWOULDBLOCK
                            ? error_set(error, ERR_EXISTS, "%s is held by another process", path)
                            : fail(error, "lock", path);
        close(fd);
        return kind;
    }
    *out_fd = fd;
    return OK;
}
