// SPDX-License-Identifier: Apache-2.0
// Parquet's own numbers, as parquet-format's parquet.thrift has them. What reads and what writes
// files share them; nothing else of the format is here.
#ifndef COLUMNAR_PARQUET_H
#define COLUMNAR_PARQUET_H

enum parquet_physical {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_INT96 = 3, // read, never written
    PARQUET_FLOAT = 4,
    PARQUET_DOUBLE = 5,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED_LEN_BYTE_ARRAY = 7,
};

enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_PLAIN_DICTIONARY = 2, // read, never written
    PARQUET_RLE = 3,
    PARQUET_BIT_PACKED = 4, // read, never written
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    PARQUET_DELTA_BYTE_ARRAY = 7, // read, never written
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9,
};

enum parquet_codec {
    PARQUET_UNCOMPRESSED = 0,
    PARQUET_SNAPPY = 1,
    PARQUET_GZIP = 2,
    PARQUET_LZO = 3,    // read as a name, never written
    PARQUET_BROTLI = 4, // read as a name, never written
    PARQUET_LZ4 = 5,    // Hadoop's framing: read as a name, never written
    PARQUET_ZSTD = 6,
    PARQUET_LZ4_RAW = 7,
};

enum parquet_page {
    PARQUET_DATA_PAGE = 0,
    PARQUET_INDEX_PAGE = 1,
    PARQUET_DICTIONARY_PAGE = 2,
    PARQUET_DATA_PAGE_V2 = 3
};

enum parquet_repetition { PARQUET_REQUIRED = 0, PARQUET_OPTIONAL = 1, PARQUET_REPEATED = 2 };

enum parquet_boundary { PARQUET_UNORDERED = 0, PARQUET_ASCENDING = 1, PARQUET_DESCENDING = 2 };

#endif
