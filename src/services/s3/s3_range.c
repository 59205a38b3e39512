// SPDX-License-Identifier: Apache-2.0
// Byte ranges (RFC 9110 section 14).
#include "services/s3/s3.h"

// "first-last", "first-", "-suffix". False when it is none of them.
static bool parse_spec(struct str spec, uint64_t *out_first, uint64_t *out_last, bool *out_suffix)
{
    size_t dash = str_find_char(spec, '-');
    if (dash == STR_NPOS || spec.len < 2)
        return false;
    struct str first = str_slice(spec, 0, dash), last = str_from(spec, dash + 1);
    *out_suffix = first.len == 0;
    *out_first = 0;
    *out_last = UINT64_MAX;
    if (first.len && !str_to_u64(first, out_first))
        return false;
    if (last.len && !str_to_u64(last, out_last))
        return false;
    return *out_suffix || *out_first <= *out_last;
}

enum err s3_range_parse(struct str header, uint64_t size, struct s3_range *out)
{
    uint64_t first, last;
    bool suffix;
    *out = (struct s3_range){.length = size};
    if (!str_starts(header, S("bytes=")) ||
        !parse_spec(str_trim(str_from(header, 6)), &first, &last, &suffix))
        return OK;
    if (suffix) { // `last` counts bytes from the end
        if (last == 0 || size == 0)
            return ERR_INVALID;
        uint64_t length = last < size ? last : size;
        *out = (struct s3_range){true, size - length, length};
        return OK;
    }
    if (first >= size)
        return ERR_INVALID;
    if (last >= size)
        last = size - 1;
    *out = (struct s3_range){true, first, last - first + 1};
    return OK;
}

enum err s3_range_parse_exact(struct str header, uint64_t size, struct s3_range *out)
{
    uint64_t first, last;
    bool suffix;
    if (!str_starts(header, S("bytes=")) ||
        !parse_spec(str_from(header, 6), &first, &last, &suffix) || suffix || last == UINT64_MAX ||
        last >= size)
        return ERR_INVALID;
    *out = (struct s3_range){true, first, last - first + 1};
    return OK;
}
