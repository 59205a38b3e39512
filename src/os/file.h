// SPDX-License-Identifier: Apache-2.0
// Files and folders: durable writes, whole-file reads, locks. Every failure says path and reason.
//
// Durability: file_sync is fdatasync; a new file is durable after file_sync and folder_sync of its folder.
//
// Errors: ERR_NOT_FOUND, ERR_EXISTS and ERR_DENIED for the errno of that meaning, else ERR_IO.
// An fsync that failed must be treated as fatal by whoever has acknowledged data (architecture: Store).
#ifndef OS_FILE_H
#define OS_FILE_H

#include "base/buf.h"

#include <sys/types.h>

enum err file_read_all(struct arena *arena, const char *path, size_t max_bytes, struct str *out, struct error *error) MUST_CHECK;
// Writes beside the path, syncs, renames over it and syncs the folder: all or nothing.
enum err file_write_atomic(const char *path, struct str bytes, mode_t mode, struct error *error) MUST_CHECK;
enum err file_create(const char *path, mode_t mode, int *out_fd, struct error *error) MUST_CHECK; // O_EXCL
enum err file_open_read(const char *path, int *out_fd, struct error *error) MUST_CHECK;
// A file without a name in the folder: it is gone when the descriptor is closed (or the process is killed), unless file_publish names it.
// Where the file system has no such files it is one with a hidden name, which a kill leaves behind.
enum err file_create_unnamed(const char *folder, mode_t mode, int *out_fd, struct error *error) MUST_CHECK;
// Closes such a file that is not to get a name. Takes -1; of a file that was named it closes the descriptor alone.
void file_discard(int fd);
// Names such a file, in the same file system, replacing what had the name. Sync the file before and the folder after.
enum err file_publish(int fd, const char *path, struct error *error) MUST_CHECK;
enum err file_read_some(int fd, void *out, size_t len, size_t *out_len, struct error *error) MUST_CHECK; // from where it is; 0: the end
enum err file_append(int fd, struct str bytes, struct error *error) MUST_CHECK;                  // all of it
enum err file_read_at(int fd, uint64_t offset, void *out, size_t len, struct error *error) MUST_CHECK; // exactly len
enum err file_sync(int fd, struct error *error) MUST_CHECK;
enum err file_size(const char *path, uint64_t *out_size, struct error *error) MUST_CHECK;
// How long ago the file was last written, renamed or linked, by the system's clock (which stamps files).
enum err file_age(const char *path, int64_t *out_age_ms, struct error *error) MUST_CHECK;
enum err file_rename(const char *from, const char *to, struct error *error) MUST_CHECK;
enum err file_link(const char *from, const char *to, struct error *error) MUST_CHECK; // hard link
enum err file_remove(const char *path, struct error *error) MUST_CHECK;                // absent is OK
bool file_exists(const char *path);
void file_close(int fd); // -1 is allowed

enum err folder_make(const char *path, mode_t mode, struct error *error) MUST_CHECK; // parents too; existing is OK
enum err folder_sync(const char *path, struct error *error) MUST_CHECK;
enum err folder_remove_all(const char *path, struct error *error) MUST_CHECK;
struct folder_entry {
    struct str name;
    bool is_folder;
    uint64_t size_bytes;
};
enum err folder_list(struct arena *arena, const char *path, struct folder_entry **out_entries, size_t *out_count,
                     struct error *error) MUST_CHECK; // sorted by name
// A fresh private folder below `parent` (NULL: $TMPDIR or /tmp), path terminated.
enum err folder_make_temp(struct arena *arena, const char *parent, const char *prefix, char **out_path,
                          struct error *error) MUST_CHECK;

// Takes an exclusive advisory lock on the file (created when absent) for the life of the descriptor. ERR_EXISTS
// when another process holds it.
enum err file_lock(const char *path, int *out_fd, struct error *error) MUST_CHECK;

// Fault injection for tests: called before each write, sync, rename and create; a non-zero errno it returns makes
// that call fail. NULL (the start value) injects nothing.
typedef int file_fault(void *context, const char *operation);
void file_set_fault(file_fault *fault, void *context);

#endif
