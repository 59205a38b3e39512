// SPDX-License-Identifier: Apache-2.0
// Objects as files for worker processes: a listing of a prefix, and a path for each object.
//
// Blobs that are files are read in place; small ones, which live in the store, are written into the
// job's scratch folder. An object that is overwritten or deleted while a worker reads takes its
// file away: the worker then fails or says so for that file, and engine_files_vanished tells that
// this was the reason, so that the caller lists again.
#ifndef GLUE_ENGINE_FILES_H
#define GLUE_ENGINE_FILES_H

#include "services/glue/glue.h"

// Entries as S3's ListForEngine has them ({"Key", "Size", "ETag", "Blob"...}), in key order.
enum err engine_list(struct call *call, struct str bucket, struct str prefix,
                     struct json **out_entries) MUST_CHECK;
// The path of an entry's blob. Within a transaction. Small ones get the name `number` in `scratch`.
enum err engine_file(struct call *call, const struct json *blob, const char *scratch, size_t number,
                     char **out_path) MUST_CHECK;
bool engine_files_vanished(const char *const *paths); // NULL-terminated
struct str engine_etag(struct str etag);              // without its quotes

#endif
