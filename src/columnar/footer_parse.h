// SPDX-License-Identifier: Apache-2.0
// Between footer_read.c, which finds a footer, footer_parse.c, which takes it apart, and
// footer_element.c, which does so with the schema's elements.
#ifndef COLUMNAR_FOOTER_PARSE_H
#define COLUMNAR_FOOTER_PARSE_H

#include "columnar/footer.h"
#include "columnar/thrift_read.h"

// Fills in a footer whose file_bytes, offset and bytes are set.
enum err footer_parse_thrift(struct arena *arena, struct str bytes, struct parquet_footer *footer,
                             struct error *error) MUST_CHECK;
// One SchemaElement; its tree is linked by footer_link.
void footer_element_read(struct thrift_reader *reader, uint8_t type, struct parquet_element *out);

#endif
