// SPDX-License-Identifier: Apache-2.0
// arrow IN.json...: the batches of Arrow that JSON becomes. Prints each column's type, nulls, and
// the sum of its numbers or the bytes of its texts.
#include <tarn/columnar.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct summary {
    int64_t nulls;
    double sum;
};

static int is_valid(const struct ArrowArray *array, int64_t at)
{
    const uint8_t *bits = array->buffers[0]; // NULL: nothing is null
    return !bits || (bits[at / 8] >> at % 8 & 1);
}

static double value(const struct ArrowArray *array, const char *format, int64_t at)
{
    const int32_t *offsets = array->buffers[1];
    if (strcmp(format, "l") == 0)
        return (double)((const int64_t *)array->buffers[1])[at];
    if (strcmp(format, "g") == 0)
        return ((const double *)array->buffers[1])[at];
    if (strcmp(format, "u") == 0)
        return offsets[at + 1] - offsets[at];
    return 0;
}

static void add(struct summary *summary, const struct ArrowSchema *schema,
                const struct ArrowArray *array)
{
    summary->nulls += array->null_count;
    for (int64_t i = 0; i < array->length; i++)
        if (is_valid(array, i))
            summary->sum += value(array, schema->format, i);
}

static int print_columns(struct columnar_reader *reader, const struct ArrowSchema *schema,
                         struct columnar_error *error)
{
    struct summary *columns = calloc((size_t)schema->n_children + 1, sizeof *columns);
    struct ArrowArray batch;
    long long rows = 0;
    int code;
    while ((code = columnar_reader_next(reader, &batch, error)) == 0 && batch.release) {
        rows += batch.length;
        for (int64_t i = 0; i < batch.n_children; i++)
            add(&columns[i], schema->children[i], batch.children[i]);
        batch.release(&batch);
    }
    for (int64_t i = 0; code == 0 && i < schema->n_children; i++)
        printf("%-16s %-8s %lld nulls, %.10g\n", schema->children[i]->name,
               schema->children[i]->format, (long long)columns[i].nulls, columns[i].sum);
    if (code == 0)
        printf("%lld rows\n", rows);
    free(columns);
    return code;
}

int main(int argc, char **argv)
{
    struct columnar_error error = {0};
    struct columnar_reader *reader = NULL;
    struct ArrowSchema schema;
    int code = columnar_reader_open((const char *const *)argv + 1, (size_t)(argc - 1), NULL,
                                    &reader, &error);
    if (code == 0)
        code = columnar_reader_schema(reader, &schema, &error);
    if (code == 0) {
        code = print_columns(reader, &schema, &error);
        schema.release(&schema);
    }
    columnar_reader_free(reader);
    if (code != 0)
        fprintf(stderr, "arrow: %s\n", error.text);
    return code != 0;
}
