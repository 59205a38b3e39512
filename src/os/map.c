// SPDX-License-Identifier: Apache-2.0
#include "os/map.h"

#include "os/file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum err file_map(const char *path, struct str *out_bytes, struct error *error)
{
    uint64_t size = 0;
    TRY(file_size(path, &size, error));
    if (size == 0) {
        *out_bytes = S("");
        return OK;
    }
    int fd = -1;
    TRY(file_open_read(path, &fd, error));
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    int reason = errno;
    file_close(fd);
    if (bytes == MAP_FAILED)
        return error_set(error, ERR_IO, "mmap %s: %s", path, strerror(reason));
    madvise(bytes, size, MADV_SEQUENTIAL);
    *out_bytes = str_n(bytes, size);
    return OK;
}

void file_unmap(struct str bytes)
{
    if (bytes.len)
        munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
}
