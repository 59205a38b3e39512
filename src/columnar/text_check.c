// SPDX-License-Identifier: Apache-2.0
// Whether a whole window of text is UTF-8 (RFC 3629): once for all of it, so that nothing later has
// to look.
#include "columnar/simd.h"
#include "columnar/variant.h"

bool VARIANT(utf8_valid)(struct str text)
{
    return simd_utf8_valid(text.ptr, text.len);
}
