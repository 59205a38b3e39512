// SPDX-License-Identifier: Apache-2.0
// convert OUT.parquet < IN.json: bytes as they come, to Parquet.
#include <tarn/columnar.h>

#include <stdio.h>

static int failed(const char *what, const struct columnar_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->text);
    return 1;
}

int main(int argc, char **argv)
{
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_error error = {0};
    struct columnar_writer *writer;
    struct columnar_result result;
    char bytes[65536];
    size_t len;
    if (argc != 2)
        return fprintf(stderr, "usage: convert OUT.parquet < IN.json\n"), 2;
    options.codec = COLUMNAR_ZSTD;
    if (columnar_writer_open(argv[1], &options, &writer, &error) != 0)
        return failed("open", &error);
    int code = 0;
    while (code == 0 && (len = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        code = columnar_writer_push(writer, bytes, len, &error);
    if (code == 0)
        code = columnar_writer_finish(writer, &result, &error);
    columnar_writer_free(writer);
    if (code != 0)
        return failed("convert", &error);
    printf("%llu rows, %llu bytes: %s\n", (unsigned long long)result.rows,
           (unsigned long long)result.output_bytes, result.schema);
    columnar_result_free(&result);
    return 0;
}
