// SPDX-License-Identifier: Apache-2.0
// Code packages: zip archives checked, and unpacked for sandboxes to read.
//
// A package is stored as a blob and unpacked on first use into DIR/functions/<sha256>, which every
// environment of that code mounts read-only. The folder is a cache of this process: it is emptied
// at start, so that a crash in the middle of an unpacking leaves nothing behind.
//
// Limits: 50 MB zipped when uploaded directly, 250 MB unpacked (AWS: Lambda quotas), 65,536
// entries. Names that leave the folder, absolute names, links and special files are refused.
#ifndef LAMBDA_CODE_H
#define LAMBDA_CODE_H

#include "lake/lake.h"

#define CODE_ZIP_BYTES_MAX ((size_t)250 << 20)
#define CODE_ZIP_DIRECT_BYTES_MAX ((size_t)50 << 20)
#define CODE_UNPACKED_BYTES_MAX ((uint64_t)262144000)

// ERR_INVALID: not a readable zip, or a bad name; ERR_LIMIT: too large unpacked. The text is for
// the client.
enum err code_check(struct str zip, struct error *error) MUST_CHECK;
// The folder with the code unpacked (terminated, in arena).
enum err code_folder(struct lake *lake, struct arena *arena, struct str sha256_hex,
                     const struct blob *code, char **out_folder, struct error *error) MUST_CHECK;
enum err code_unpack(struct str zip, const char *folder, struct error *error) MUST_CHECK;
enum err code_open(struct lake *lake, struct error *error) MUST_CHECK; // empties the cache

#endif
