// SPDX-License-Identifier: Apache-2.0
// Memory serves as the file's write buffer once there is one, so that small pushes stay cheap.
#include "columnar/spool.h"

#include "os/file.h"

#include <stdlib.h>

void spool_init(struct spool *spool, const char *folder)
{
    *spool = (struct spool){.folder = folder, .memory = buf_heap(SPOOL_MEMORY_BYTES), .fd = -1};
}

void spool_deinit(struct spool *spool)
{
    buf_deinit(&spool->memory);
    file_close(spool->fd);
    spool->fd = -1;
}

static const char *folder_of(const struct spool *spool)
{
    const char *temporary = getenv("TMPDIR");
    if (spool->folder)
        return spool->folder;
    return temporary && *temporary ? temporary : "/tmp";
}

static enum err flush(struct spool *spool, struct error *error)
{
    if (spool->fd < 0)
        TRY(file_create_unnamed(folder_of(spool), 0600, &spool->fd, error));
    TRY(file_append(spool->fd, buf_str(&spool->memory), error));
    buf_clear(&spool->memory);
    return OK;
}

enum err spool_push(struct spool *spool, struct str bytes, struct error *error)
{
    if (bytes.len > SPOOL_MEMORY_BYTES - spool->memory.len) {
        TRY(flush(spool, error));
        if (bytes.len > SPOOL_MEMORY_BYTES)
            return file_append(spool->fd, bytes, error);
    }
    buf_put(&spool->memory, bytes);
    return OK;
}

enum err spool_input(struct spool *spool, struct input_settings *out_settings, struct error *error)
{
    if (spool->fd >= 0)
        TRY(flush(spool, error));
    *out_settings = (struct input_settings){.name = S("<pushed>")};
    if (spool->fd >= 0)
        out_settings->fd = &spool->fd;
    else
        out_settings->memory = buf_str(&spool->memory);
    return OK;
}
