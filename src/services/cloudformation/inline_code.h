// SPDX-License-Identifier: Apache-2.0
// Source text in a template (Code.ZipFile of a function) as the archive that Lambda wants: one
// file, index.py or index.js.
#ifndef CLOUDFORMATION_INLINE_CODE_H
#define CLOUDFORMATION_INLINE_CODE_H

#include "base/str.h"

#define INLINE_CODE_BYTES_MAX (4 * 1024 * 1024)

// *out_base64: a zip file. ERR_INVALID for runtimes that take no source text.
enum err inline_code_zip(struct arena *arena, struct str runtime, struct str source,
                         struct str *out_base64, struct error *error) MUST_CHECK;

#endif
