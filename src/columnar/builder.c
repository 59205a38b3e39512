// SPDX-License-Identifier: Apache-2.0
#include "columnar/builder.h"

#include "columnar/codec.h"
#include "columnar/partition.h"
#include "columnar/simd.h"
#include "columnar/unpack.h"
#include "columnar/variant.h"

#include <stdlib.h>
#include <string.h>

#define RESTARTS_AT_ONCE 3
#define SAMPLE_SPOTS 16
#define SAMPLE_SOURCES 16
#define DICTIONARIES_BYTES_MAX ((size_t)192 << 20)
#define DICTIONARY_BYTES_MIN ((size_t)64 << 10)
#define SAMPLE_SPOT_BYTES ((uint64_t)64 << 10)
#define SAMPLE_FIRST_BYTES ((uint64_t)1 << 20)

void builder_init(struct builder *b, const struct builder_settings *settings)
{
    *b = (struct builder){.settings = settings};
    arena_init(&b->arena);
    arena_init(&b->levels);
    arena_init(&b->notes.arena);
    arena_init(&b->rejected_arena);
}

// ================================================================ partitions and their writers

static void free_writers(struct partition *partition)
{
    while (partition->writer_count > 0)
        chunk_writer_free(partition->writers[--partition->writer_count]);
}

// Writers are kept for the next portion, one set for each of a few partitions: they have their
// memory, and remember what pays.
static void keep_writers(struct builder *b, struct partition *partition)
{
    size_t set = 0;
    while (set < WRITER_SETS_KEPT && b->kept[set].count)
        set++;
    if (set == WRITER_SETS_KEPT || partition->writer_count == 0)
        return;
    b->kept[set].writers = malloc(partition->writer_count * sizeof *b->kept[set].writers);
    if (!b->kept[set].writers)
        abort();
    memcpy(b->kept[set].writers, partition->writers,
           partition->writer_count * sizeof *b->kept[set].writers);
    b->kept[set].count = partition->writer_count;
    partition->writer_count = 0;
}

static void release_writers(struct builder *b)
{
    for (size_t i = 0; i < b->partition_count; i++) {
        keep_writers(b, &b->partitions[i]);
        free_writers(&b->partitions[i]);
    }
    b->partition_count = b->partition_capacity = 0;
    b->partitions = NULL;
    b->partition_index = NULL;
    b->partition_index_capacity = 0;
}

static void free_kept(struct builder *b)
{
    for (size_t set = 0; set < WRITER_SETS_KEPT; set++) {
        for (size_t k = 0; k < b->kept[set].count; k++)
            chunk_writer_free(b->kept[set].writers[k]);
        free(b->kept[set].writers);
        b->kept[set] = (struct writer_set){0};
    }
}

void builder_deinit(struct builder *b)
{
    release_writers(b);
    free_kept(b);
    columns_free(b->columns);
    window_close(&b->window);
    arena_deinit(&b->arena);
    arena_deinit(&b->levels);
    arena_deinit(&b->notes.arena);
    arena_deinit(&b->rejected_arena);
    free(b->leaves);
    codec_free(b->codec);
}

static bool is_partition_column(const struct builder_settings *settings, struct str name)
{
    for (size_t i = 0; i < settings->partition_by_count; i++)
        if (str_eq(settings->partition_by[i], name))
            return true;
    return false;
}

struct type *builder_file_schema(struct arena *arena, const struct type *schema,
                                 const struct builder_settings *settings)
{
    struct type *type = type_new(arena, KIND_STRUCT);
    for (size_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        if (!is_partition_column(settings, field->name) &&
            !(field->type->kind == KIND_STRUCT && field->type->count == 0))
            type_field_add(arena, type, field->name, field->original, field->type);
    }
    return type;
}

static bool wants_bloom(const struct builder_settings *settings, const struct leaf *leaf)
{
    for (size_t i = 0; i < settings->bloom_column_count; i++) {
        struct str rest = settings->bloom_columns[i], part;
        size_t k = 0;
        while (k < leaf->path_count && str_cut(&rest, '.', &part) && str_eq(part, leaf->path[k]))
            k++;
        if (k == leaf->path_count && !rest.ptr)
            return true;
    }
    return false;
}

struct chunk_settings builder_chunk_settings(const struct builder_settings *settings,
                                             const struct leaf *leaf)
{
    struct chunk_settings chunk = *settings->chunk;
    chunk.kind = leaf->type->kind;
    chunk.precision = leaf->type->precision;
    chunk.scale = leaf->type->scale;
    chunk.max_definition = leaf->max_definition;
    chunk.max_repetition = leaf->max_repetition;
    chunk.bloom = wants_bloom(settings, leaf);
    return chunk;
}

// The leaves of the column tree that go into files, made anew when the schema has changed.
static void find_file_leaves(struct builder *b)
{
    const struct column *root = b->columns->root;
    struct type *files = builder_file_schema(&b->arena, b->schema, b->settings);
    b->file_leaves = type_leaves(&b->arena, files, &b->file_leaf_count);
    b->leaf_index = ARENA_ARRAY(&b->arena, size_t, b->file_leaf_count + 1);
    for (size_t i = 0, at = 0, kept = 0; i < root->child_count; i++) {
        size_t count = column_leaf_count(root->children[i]);
        bool drop = is_partition_column(b->settings, root->children[i]->name);
        for (size_t k = 0; k < count; k++, at++)
            if (!drop)
                b->leaf_index[kept++] = at;
    }
    // Writers of row groups that were taken may be of types that have changed since.
    for (size_t i = 0; i < b->partition_count; i++)
        if (b->partitions[i].rows == 0)
            free_writers(&b->partitions[i]);
    b->shredder.learnt = false;
}

static bool same_settings(const struct chunk_settings *a, const struct chunk_settings *b)
{
    return a->kind == b->kind && a->precision == b->precision && a->scale == b->scale &&
           a->max_definition == b->max_definition && a->max_repetition == b->max_repetition &&
           a->bloom == b->bloom; // the rest is the conversion's
}

// What each of a table's dictionaries may take: all of them together are bounded, however many
// columns there are.
static size_t dictionary_memory(size_t leaves)
{
    size_t share = DICTIONARIES_BYTES_MAX / (leaves + 1);
    return share > DICTIONARY_BYTES_MIN ? share : DICTIONARY_BYTES_MIN;
}

// A kept writer for the leaf, or a new one.
static struct chunk_writer *new_writer(struct builder *b, struct writer_set *kept, size_t leaf)
{
    struct chunk_settings settings = builder_chunk_settings(b->settings, &b->file_leaves[leaf]);
    settings.dictionary_memory = dictionary_memory(b->file_leaf_count);
    struct chunk_writer *writer = NULL;
    if (kept && leaf < kept->count && kept->writers[leaf] &&
        same_settings(chunk_writer_settings(kept->writers[leaf]), &settings)) {
        writer = kept->writers[leaf];
        kept->writers[leaf] = NULL;
    }
    if (!b->codec)
        b->codec = codec_new(settings.codec, settings.codec_level);
    settings.lent_codec = b->codec;
    if (!writer)
        writer = chunk_writer_new(&settings);
    chunk_begin(writer);
    return writer;
}

static struct writer_set *take_kept(struct builder *b)
{
    for (size_t set = 0; set < WRITER_SETS_KEPT; set++)
        if (b->kept[set].count)
            return &b->kept[set];
    return NULL;
}

static void fit_writers(struct builder *b, struct partition *partition)
{
    struct writer_set *kept = partition->writer_count ? NULL : take_kept(b);
    while (partition->writer_count < b->file_leaf_count) { // new top-level columns come last
        struct chunk_writer *writer = new_writer(b, kept, partition->writer_count);
        if (partition->rows)
            chunk_add_nulls(writer, partition->rows);
        *ARENA_PUSH(&b->arena, partition->writers, partition->writer_count,
                    partition->writer_capacity) = writer;
    }
    if (!kept)
        return;
    for (size_t k = 0; k < kept->count; k++)
        chunk_writer_free(kept->writers[k]);
    free(kept->writers);
    *kept = (struct writer_set){0};
}

static void index_partition(struct builder *b, size_t number)
{
    size_t mask = b->partition_index_capacity - 1, i = str_hash(b->partitions[number].folder);
    while (b->partition_index[i & mask])
        i++;
    b->partition_index[i & mask] = number + 1;
}

static enum err find_partition(struct builder *b, struct str folder, uint32_t *out_number,
                               struct error *error)
{
    for (size_t i = str_hash(folder); b->partition_index_capacity; i++) {
        size_t number = b->partition_index[i & (b->partition_index_capacity - 1)];
        if (!number)
            break;
        if (str_eq(b->partitions[number - 1].folder, folder))
            return *out_number = (uint32_t)number - 1, OK;
    }
    if (b->partition_count == PARTITIONS_MAX)
        return error_set(error, ERR_LIMIT,
                         "the partition columns have more than %d different values",
                         PARTITIONS_MAX);
    ARENA_PUSH(&b->arena, b->partitions, b->partition_count, b->partition_capacity)->folder =
        str_dup(&b->arena, folder);
    if (b->partition_count * 2 > b->partition_index_capacity) {
        b->partition_index_capacity =
            b->partition_index_capacity ? b->partition_index_capacity * 4 : 16;
        b->partition_index = ARENA_ARRAY(&b->arena, size_t, b->partition_index_capacity);
        for (size_t i = 0; i < b->partition_count; i++)
            index_partition(b, i);
    } else {
        index_partition(b, b->partition_count - 1);
    }
    *out_number = (uint32_t)b->partition_count - 1;
    return OK;
}

// Which partition each row of the batch is of.
static enum err divide(struct builder *b, uint32_t *partition_of, bool *out_single,
                       struct error *error)
{
    size_t count = b->settings->partition_by_count;
    struct column **keys = ARENA_ARRAY(&b->levels, struct column *, count + 1);
    size_t *value_index = ARENA_ARRAY(&b->levels, size_t, count + 1), found = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < b->columns->root->child_count; k++)
            if (str_eq(b->columns->root->children[k]->name, b->settings->partition_by[i]))
                keys[found++] = b->columns->root->children[k];
    if (found < count)
        return error_set(error, ERR_INVALID,
                         "no record has all partition columns: they are not in the schema");
    for (size_t i = 0; i < count; i++)
        if (kind_is_nested(keys[i]->kind))
            return error_set(error, ERR_INVALID, "the partition column %.*s is nested",
                             STR_ARG(keys[i]->name));
    struct buf folder = buf_heap(BUF_MAX_DEFAULT);
    enum err err = OK;
    *out_single = true;
    for (size_t row = 0; err == OK && row < b->columns->rows; row++) {
        buf_clear(&folder);
        partition_put_folder(&folder, keys, count, row, value_index);
        err = find_partition(b, buf_str(&folder), &partition_of[row], error);
        *out_single &= partition_of[row] == partition_of[0];
    }
    buf_deinit(&folder);
    return err;
}

// ================================================================ batches

static void add_to_partition(struct builder *b, uint32_t number)
{
    struct partition *partition = &b->partitions[number];
    fit_writers(b, partition);
    for (size_t i = 0; i < b->file_leaf_count; i++)
        chunk_add(partition->writers[i], &b->leaves[b->leaf_index[i]]);
    partition->rows += b->columns->rows;
}

static void add_to_partitions(struct builder *b, const uint32_t *partition_of)
{
    size_t count;
    struct partition_rows *parts =
        partition_divide(&b->levels, partition_of, b->columns->rows, b->partition_count, &count);
    for (size_t k = 0; k < count; k++)
        fit_writers(b, &b->partitions[parts[k].partition]);
    for (size_t i = 0; i < b->file_leaf_count; i++) {
        const struct leaf_values *values = &b->leaves[b->leaf_index[i]];
        const struct leaf *leaf = &b->file_leaves[i];
        struct partition_places places =
            partition_find_places(&b->levels, values, leaf->max_definition);
        for (size_t k = 0; k < count; k++) {
            struct leaf_values share = partition_share(&b->levels, values, leaf->type->kind,
                                                       leaf->max_definition, &places, &parts[k]);
            chunk_add(b->partitions[parts[k].partition].writers[i], &share);
        }
    }
    for (size_t k = 0; k < count; k++)
        b->partitions[parts[k].partition].rows += parts[k].count;
}

static enum err encode_batch(struct builder *b, struct error *error)
{
    arena_reset(&b->levels);
    size_t leaf_count = columns_leaf_count(b->columns), rows = b->columns->rows;
    if (leaf_count > b->leaf_capacity) {
        free(b->leaves);
        b->leaf_capacity = leaf_count * 2;
        b->leaves = malloc(b->leaf_capacity * sizeof *b->leaves);
        if (!b->leaves)
            abort();
    }
    columns_leaves(b->columns, &b->levels, b->leaves);
    if (b->shredder.learnt || !b->file_leaves)
        find_file_leaves(b);
    uint32_t *partition_of = ARENA_ARRAY(&b->levels, uint32_t, rows + 1);
    bool single = true;
    if (b->settings->partition_by_count)
        TRY(divide(b, partition_of, &single, error));
    else
        TRY(find_partition(b, S(""), &partition_of[0], error));
    if (single) {
        add_to_partition(b, partition_of[0]);
        return OK;
    }
    add_to_partitions(b, partition_of);
    return OK;
}

static void begin_row_groups(struct builder *b)
{
    b->rows = 0;
    b->shredder.rows_before = 0;
    for (size_t i = 0; i < b->partition_count; i++) {
        b->partitions[i].rows = 0;
        for (size_t k = 0; k < b->partitions[i].writer_count; k++)
            chunk_begin(b->partitions[i].writers[k]);
    }
}

static void forget_rejected(struct builder *b)
{
    arena_reset(&b->rejected_arena);
    b->rejected = NULL;
    b->rejected_kept = b->rejected_capacity = b->rejected_bytes = 0;
}

static bool keeps_many_rejected(const struct builder *b)
{
    return b->rejected_kept >= REJECTED_KEPT_MAX || b->rejected_bytes >= REJECTED_KEPT_BYTES_MAX;
}

// ================================================================ census

static struct census *census_of(struct builder *b, const struct column *column)
{
    struct str path = column_path(&b->levels, column);
    for (size_t i = 0; i < b->census_count; i++)
        if (str_eq(b->censuses[i].path, path))
            return &b->censuses[i];
    struct census *census = ARENA_PUSH(&b->arena, b->censuses, b->census_count, b->census_capacity);
    census->path = str_dup(&b->arena, path);
    return census;
}

static void take_census(struct builder *b, const struct column *column)
{
    for (size_t i = 0; i < column->child_count; i++)
        take_census(b, column->children[i]);
    if (column->kind != KIND_JSON)
        return;
    struct census *census = census_of(b, column);
    for (size_t i = 0; i < column->count; i++) {
        uint32_t first = column->texts[i].first;
        census->strings += first == 0;
        census->booleans += first == 't' || first == 'f';
        census->lists += first == '[';
        census->structs += first == '{';
        census->numbers += first == '-' || (first >= '0' && first <= '9');
    }
}

static enum err flush(struct builder *b, enum build_mode mode, struct error *error)
{
    struct shredder *s = &b->shredder;
    b->records += b->columns->rows;
    if (mode == BUILD_ROW_GROUPS && !s->stale && b->columns->rows > 0) {
        TRY(encode_batch(b, error));
        if (b->settings->explain)
            take_census(b, b->columns->root);
        b->rows += b->columns->rows;
        s->rows_before = b->rows;
    }
    columns_clear(b->columns);
    if (b->full && !s->stale &&
        (b->rows >= b->settings->row_group_rows || keeps_many_rejected(b))) {
        TRY(b->full(b->context, b, error));
        b->taken = true;
        begin_row_groups(b);
        forget_rejected(b);
    }
    return OK;
}

// Whoever only learns, or will read the portion again, counts.
static void keep_rejected(struct builder *b, const struct piece *piece, enum build_mode mode)
{
    const struct shredder *s = &b->shredder;
    b->rejected_count++;
    b->rejected_syntax_count += s->error.kind == ERR_SYNTAX;
    if (mode == BUILD_LEARN || s->stale)
        return;
    size_t len = (size_t)(s->rejected_end - s->record);
    while (len > 0 && (s->record[len - 1] == '\n' || s->record[len - 1] == '\r'))
        len--;
    struct arena *arena = &b->rejected_arena;
    struct str text = str_n(s->record, len < REJECTED_TEXT_MAX ? len : REJECTED_TEXT_MAX);
    b->rejected_bytes += text.len;
    *ARENA_PUSH(arena, b->rejected, b->rejected_kept, b->rejected_capacity) = (struct rejected){
        .source_index = piece->source_index,
        .offset = s->offset + (uint64_t)(s->record - s->window),
        .bytes = len,
        .reason = str_dup(arena, str_of(s->error.text)),
        .text = str_dup(arena, text),
        .is_json = s->error.kind != ERR_SYNTAX,
    };
}

// ================================================================ portions

// A batch ends where its row group does.
static void limit_batch(struct builder *b)
{
    uint64_t left = b->settings->row_group_rows - b->rows;
    b->columns->rows_max = left > 0 && left < b->batch_rows_max ? (size_t)left : b->batch_rows_max;
}

static enum err next_window(struct builder *b, const struct piece *piece, enum build_mode mode,
                            struct error *error)
{
    TRY(window_next(&b->window, &b->shredder, error));
    if (!b->window.gave_up)
        return OK;
    keep_rejected(b, piece, mode);
    return window_next(&b->window, &b->shredder, error);
}

static enum err read_piece(struct builder *b, const struct piece *piece, enum build_mode mode,
                           bool may_leave, struct error *error)
{
    struct shredder *s = &b->shredder;
    shred_function *shred = (b->settings->variant ? b->settings->variant : variant_best())->shred;
    window_open(&b->window, piece, s);
    TRY(next_window(b, piece, mode, error));
    for (;;) {
        s->batch_end = s->end - s->at > (ptrdiff_t)WINDOW_BYTES ? s->at + WINDOW_BYTES : s->end;
        limit_batch(b);
        enum shred_stop stop = shred(s);
        if (stop == SHRED_REJECTED) {
            if (s->error.kind == ERR_LIMIT)
                return *error = s->error, ERR_LIMIT;
            keep_rejected(b, piece, mode);
            if (keeps_many_rejected(b))
                TRY(flush(b, mode, error));
            continue;
        }
        TRY(flush(b, mode, error));
        if (stop == SHRED_DONE || (s->stale && may_leave && !b->taken))
            return OK;
        if (stop == SHRED_MORE)
            TRY(next_window(b, piece, mode, error));
    }
}

bool builder_settle(struct type *type)
{
    bool changed = false;
    for (size_t i = 0; i < type->count; i++) {
        struct type *field = type->fields[i].type;
        bool empty = field->kind == KIND_STRUCT && field->count == 0;
        if (empty)
            *field = (struct type){.kind = KIND_NULL, .objects = true};
        changed |= empty | builder_settle(field);
    }
    return changed;
}

static void begin_attempt(struct builder *b, const struct type *schema, bool given)
{
    release_writers(b);
    struct arena old = b->arena;
    arena_init(&b->arena);
    columns_free(b->columns);
    b->schema = type_copy(&b->arena, schema);
    arena_deinit(&old);
    b->columns = columns_new(b->schema, given);
    b->batch_rows_max = b->columns->rows_max;
    b->shredder = (struct shredder){.columns = b->columns,
                                    .rules = b->settings->rules,
                                    .arena = &b->arena,
                                    .notes = &b->notes,
                                    .record_bytes_max = b->settings->record_bytes_max};
    b->file_leaves = NULL;
    b->records = b->rows = b->rejected_count = b->rejected_syntax_count = 0;
    forget_rejected(b);
    b->censuses = NULL;
    b->census_count = b->census_capacity = 0;
    b->taken = false;
}

enum err builder_run(struct builder *b, const struct portion *portion, const struct type *schema,
                     bool given, enum build_mode mode, struct error *error)
{
    for (unsigned attempt = 0;; attempt++) {
        bool may_leave = mode == BUILD_ROW_GROUPS && attempt < RESTARTS_AT_ONCE;
        begin_attempt(b, attempt ? b->schema : schema, given);
        for (size_t i = 0;
             i < portion->piece_count && !(b->shredder.stale && may_leave && !b->taken); i++)
            TRY(read_piece(b, &portion->pieces[i], mode, may_leave, error));
        if (mode == BUILD_LEARN)
            return OK;
        if (!b->shredder.stale && !given)
            b->shredder.stale = builder_settle(b->schema);
        if (!b->shredder.stale)
            return OK;
        if (b->taken)
            return error_set(error, ERR_CONFLICT, "the schema changed after rows were taken");
    }
}

// ================================================================ samples

static enum err read_spot(struct builder *b, const struct source *source, size_t index,
                          uint64_t start, uint64_t bytes, struct error *error)
{
    struct piece piece = {
        .source = source, .source_index = index, .start = start, .end = start + bytes};
    if (piece.end >= source->size_bytes)
        piece.end = source->size_bytes;
    return read_piece(b, &piece, BUILD_LEARN, false, error);
}

// Places all over the source, and its end: what changes late mostly stays so.
static enum err read_spots(struct builder *b, const struct source *source, size_t index,
                           struct error *error)
{
    for (unsigned k = 1; k <= SAMPLE_SPOTS; k++) {
        uint64_t seam, target = source->size_bytes / SAMPLE_SPOTS * k;
        if (k == SAMPLE_SPOTS)
            target = source->size_bytes - SOURCE_SEAM_BYTES - SAMPLE_SPOT_BYTES;
        TRY(source_seam(source, target, &seam, error));
        if (seam)
            TRY(read_spot(b, source, index, seam, SAMPLE_SPOT_BYTES, error));
    }
    return OK;
}

enum err builder_sample(struct builder *b, const struct input *input, const struct type *schema,
                        struct error *error)
{
    begin_attempt(b, schema, false);
    for (size_t i = 0; i < input_source_count(input) && i < SAMPLE_SOURCES; i++) {
        const struct source *source = input_source(input, i);
        if (source->compression != COMPRESSION_NONE || source->size_bytes == 0)
            continue;
        TRY(read_spot(b, source, i, 0, SAMPLE_FIRST_BYTES, error));
        if (source->size_bytes > 4 * SAMPLE_FIRST_BYTES)
            TRY(read_spots(b, source, i, error));
    }
    return OK;
}

// The front of a source as a piece; of a compressed one in memory, which the caller frees.
static enum err front_piece(const struct source *source, uint64_t bytes, struct piece *out_piece,
                            char **out_text, struct error *error)
{
    *out_piece = (struct piece){.source = source,
                                .end = bytes < source->size_bytes ? bytes : source->size_bytes};
    *out_text = NULL;
    if (source->compression == COMPRESSION_NONE)
        return OK;
    struct unpacker *unpacker = unpacker_new(source);
    char *text = calloc(1, bytes + SIMD_PADDING);
    if (!text)
        abort();
    size_t len = 0;
    enum err err = unpacker_read(unpacker, text, bytes, &len, error);
    unpacker_free(unpacker);
    out_piece->text = *out_text = text;
    out_piece->end = len;
    return err;
}

enum err builder_front(struct builder *b, const struct source *source, const struct type *schema,
                       uint64_t step_bytes, unsigned steps, uint64_t *out_text_bytes,
                       struct error *error)
{
    for (unsigned step = 1; step <= steps; step++) {
        struct piece piece;
        char *text;
        begin_attempt(b, schema, false);
        enum err err = front_piece(source, step * step_bytes, &piece, &text, error);
        if (err == OK && piece.end > 0)
            err = read_piece(b, &piece, BUILD_LEARN, false, error);
        free(text);
        TRY(err);
        *out_text_bytes = piece.end;
        if (b->records > 0 || piece.end < step * step_bytes)
            break;
    }
    return OK;
}
