// SPDX-License-Identifier: Apache-2.0
#include "columnar/convert.h"

#include "base/json.h"
#include "os/thread.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 256
#define THREAD_STACK_BYTES ((size_t)1 << 20)
#define GLUE_SAMPLE_STEP ((uint64_t)1 << 20)
#define GLUE_SAMPLE_STEPS 10
#define SOURCES_NAMED_MAX 100
#define PASSES_MAX 8 // each widens the schema; three are known to be enough

struct conversion {
    const struct convert_settings *settings;
    struct builder_settings builder;
    struct chunk_settings chunk;
    struct input *input;
    struct output output;
    struct arena arena; // the schema, the result
    unsigned threads;
    bool given; // the schema is not to grow
    enum build_mode mode;

    pthread_mutex_t lock; // guards what follows
    pthread_cond_t turn_came;
    size_t turn; // number of the portion whose row groups come next
    size_t told; // portions whose rejected records need not be told any more
    size_t told_records,
        seen_records; // of the portion behind these: told in any pass; met in this one
    struct type *schema;
    bool restart; // what was written is wrong: only learn
    bool failed;
    enum err failure;
    struct error error;
    uint64_t stored_done, stored_reported;
    struct convert_result result;
    struct convert_explanation *explanations;
    size_t explanation_count, explanation_capacity;
    struct census *censuses;
    size_t census_count, census_capacity;
};

struct thread {
    struct conversion *conversion;
    struct builder builder;
    size_t portion; // its number
    pthread_t id;
};

// ================================================================ row groups in their turn

static enum err fail(struct conversion *c, enum err err, const struct error *error)
{
    if (!c->failed) {
        c->failed = true;
        c->failure = err;
        c->error = *error;
    }
    pthread_cond_broadcast(&c->turn_came);
    return err;
}

static enum err await_turn(struct conversion *c, size_t portion)
{
    while (c->turn != portion && !c->failed)
        pthread_cond_wait(&c->turn_came, &c->lock);
    return c->failed ? ERR_CANCELLED : OK;
}

static void end_turn(struct conversion *c)
{
    c->turn++;
    pthread_cond_broadcast(&c->turn_came);
}

// Whether row groups of `was` are right in a file of `now`: at most new columns at the end.
static bool only_appended(const struct type *was, const struct type *now)
{
    for (size_t i = 0; i < was->count; i++)
        if (!type_equal(was->fields[i].type, now->fields[i].type))
            return false;
    return true;
}

// Whether row groups of `own` can be written by `schema`: some of its columns, in any order.
static bool is_part_of(const struct type *own, const struct type *schema)
{
    for (size_t i = 0; i < own->count; i++) {
        const struct field *field = type_field(schema, own->fields[i].name);
        if (!field || !type_equal(field->type, own->fields[i].type) ||
            !str_eq(field->original, own->fields[i].original))
            return false;
    }
    return true;
}

static size_t leaves_of(const struct type *type)
{
    if (!kind_is_nested(type->kind))
        return 1;
    size_t count = 0;
    for (size_t i = 0; i < type->count; i++)
        count += leaves_of(type->fields[i].type);
    return count;
}

// The first leaf of a top-level column.
static size_t leaf_of(const struct type *schema, struct str name)
{
    size_t leaf = 0;
    for (size_t i = 0; i < schema->count && !str_eq(schema->fields[i].name, name); i++)
        leaf += leaves_of(schema->fields[i].type);
    return leaf;
}

static void finish_nulls(struct builder *b, const struct leaf *leaf, uint64_t rows,
                         struct chunk_writer **out_writer, struct chunk *out_chunk)
{
    struct chunk_settings settings = builder_chunk_settings(b->settings, leaf);
    *out_writer = chunk_writer_new(&settings);
    chunk_begin(*out_writer);
    chunk_add_nulls(*out_writer, rows);
    chunk_finish(*out_writer, out_chunk);
}

// One partition's row group, its columns in the order of the whole schema.
static enum err write_partition(struct conversion *c, struct builder *b,
                                struct partition *partition, struct error *error)
{
    size_t count;
    struct type *files = builder_file_schema(&b->arena, c->schema, b->settings),
                *own = builder_file_schema(&b->arena, b->schema, b->settings);
    struct leaf *leaves = type_leaves(&b->arena, files, &count);
    struct chunk *chunks = ARENA_ARRAY(&b->arena, struct chunk, count + 1);
    struct chunk_writer **nulls = ARENA_ARRAY(&b->arena, struct chunk_writer *, count + 1);
    size_t at = 0;
    for (size_t i = 0; i < files->count; i++) {
        size_t from = leaf_of(own, files->fields[i].name);
        bool has = type_field(own, files->fields[i].name) != NULL;
        for (size_t k = leaves_of(files->fields[i].type); k > 0; k--, at++, from++) {
            if (has && from < partition->writer_count)
                chunk_finish(partition->writers[from], &chunks[at]);
            else
                finish_nulls(b, &leaves[at], partition->rows, &nulls[at], &chunks[at]);
        }
    }
    enum err err = output_row_group(&c->output, partition->folder, files, partition->rows, chunks,
                                    count, error);
    for (size_t i = 0; i < count; i++)
        chunk_writer_free(nulls[i]);
    c->result.row_groups++;
    c->result.rows += partition->rows;
    return err;
}

static enum err write_row_groups(struct conversion *c, struct builder *b, struct error *error)
{
    for (size_t i = 0; i < b->partition_count; i++)
        if (b->partitions[i].rows)
            TRY(write_partition(c, b, &b->partitions[i], error));
    return OK;
}

// Takes what a portion has learnt into the schema. True when the portion's row groups can be
// written by it.
static bool take_schema(struct conversion *c, const struct builder *b)
{
    if (c->given)
        return true;
    struct type *before = type_copy(&c->arena, c->schema);
    bool changed = type_join(&c->arena, c->schema, b->schema);
    if (changed && c->result.rows > 0 && !only_appended(before, c->schema))
        c->restart = true;
    return is_part_of(b->schema, c->schema);
}

// Portions and their rejected records are the same in each pass: what was told is not told again.
static enum err report_rejected(struct conversion *c, size_t portion, const struct builder *b,
                                struct error *error)
{
    const struct convert_settings *settings = c->settings;
    for (size_t i = 0; settings->rejected && portion >= c->told && i < b->rejected_kept; i++) {
        if (c->seen_records++ < c->told_records)
            continue;
        c->told_records++;
        TRY(settings->rejected(settings->context,
                               input_source(c->input, b->rejected[i].source_index), &b->rejected[i],
                               error));
    }
    return OK;
}

// In mid-portion: it has its turn from now on.
static enum err take_full(void *context, struct builder *b, struct error *error)
{
    struct thread *thread = context;
    struct conversion *c = thread->conversion;
    pthread_mutex_lock(&c->lock);
    enum err err = await_turn(c, thread->portion);
    if (err == OK && !take_schema(c, b))
        c->restart = true;
    if (err == OK && !c->restart)
        err = write_row_groups(c, b, error);
    if (err == OK && !c->restart)
        err = report_rejected(c, thread->portion, b, error);
    pthread_mutex_unlock(&c->lock);
    return err;
}

// Portions that are read side by side find the same.
static bool is_explained(const struct conversion *c, const struct widening *w)
{
    for (size_t i = 0; i < c->explanation_count; i++) {
        const struct widening *known = &c->explanations[i].widening;
        if (str_eq(known->path, w->path) && str_eq(known->from, w->from) &&
            str_eq(known->to, w->to))
            return true;
    }
    return false;
}

static void note_explanations(struct conversion *c, struct builder *b)
{
    for (size_t i = 0; i < b->notes.count && c->explanation_count < WIDENINGS_MAX; i++) {
        if (is_explained(c, &b->notes.items[i]))
            continue;
        struct convert_explanation *e =
            ARENA_PUSH(&c->arena, c->explanations, c->explanation_count, c->explanation_capacity);
        const struct widening *w = &b->notes.items[i];
        *e = (struct convert_explanation){.source = input_source(c->input, w->source_index)->name};
        e->widening = (struct widening){.path = str_dup(&c->arena, w->path),
                                        .from = str_dup(&c->arena, w->from),
                                        .to = str_dup(&c->arena, w->to),
                                        .offset = w->offset,
                                        .value = str_dup(&c->arena, w->value)};
    }
    b->notes.count = 0;
}

static void add_censuses(struct conversion *c, const struct builder *b)
{
    for (size_t i = 0; i < b->census_count; i++) {
        const struct census *more = &b->censuses[i];
        size_t k = 0;
        while (k < c->census_count && !str_eq(c->censuses[k].path, more->path))
            k++;
        if (k == c->census_count)
            ARENA_PUSH(&c->arena, c->censuses, c->census_count, c->census_capacity)->path =
                str_dup(&c->arena, more->path);
        struct census *sum = &c->censuses[k];
        sum->strings += more->strings;
        sum->numbers += more->numbers;
        sum->booleans += more->booleans;
        sum->lists += more->lists;
        sum->structs += more->structs;
    }
}

static enum err report(struct conversion *c, const struct portion *portion, struct builder *b,
                       struct error *error)
{
    add_censuses(c, b);
    c->result.rejected += b->rejected_count;
    c->result.rejected_syntax += b->rejected_syntax_count;
    c->result.text_bytes += portion->text_bytes;
    c->stored_done += portion->stored_bytes;
    TRY(report_rejected(c, portion->number, b, error));
    if (portion->number >= c->told) {
        c->told = portion->number + 1;
        c->told_records = 0;
    }
    c->seen_records = 0;
    return OK;
}

// With the lock held and the turn come.
static enum err commit(struct thread *thread, const struct portion *portion, struct error *error)
{
    struct conversion *c = thread->conversion;
    struct builder *b = &thread->builder;
    note_explanations(c, b);
    bool fits = take_schema(c, b);
    if (!fits && b->taken)
        c->restart = true;
    if (!fits && !c->restart && c->mode == BUILD_ROW_GROUPS) {
        // Others were ahead with another schema: once more, with what holds both. Nobody else can
        // go on meanwhile anyway.
        pthread_mutex_unlock(&c->lock);
        enum err err = builder_run(b, portion, c->schema, c->given, BUILD_ROW_GROUPS, error);
        pthread_mutex_lock(&c->lock);
        note_explanations(c, b);
        if (err == ERR_CONFLICT)
            c->restart = true;
        else if (err != OK)
            return err;
        if (!take_schema(c, b))
            c->restart = true;
    }
    if (c->restart || c->mode == BUILD_LEARN)
        return OK;
    TRY(write_row_groups(c, b, error));
    return report(c, portion, b, error);
}

// ================================================================ threads

static enum err convert_portion(struct thread *thread, const struct portion *portion,
                                struct error *error)
{
    struct conversion *c = thread->conversion;
    struct builder *b = &thread->builder;
    thread->portion = portion->number;
    pthread_mutex_lock(&c->lock);
    struct arena arena;
    arena_init(&arena);
    const struct type *schema = type_copy(&arena, c->schema);
    enum build_mode mode = c->restart ? BUILD_LEARN : c->mode;
    pthread_mutex_unlock(&c->lock);
    enum err err = builder_run(b, portion, schema, c->given, mode, error);
    arena_deinit(&arena);
    pthread_mutex_lock(&c->lock);
    if (err == ERR_CONFLICT) {
        c->restart = true;
        err = OK;
    }
    if (err == OK)
        err = await_turn(c, portion->number);
    if (err == OK)
        err = commit(thread, portion, error);
    if (err == OK && c->settings->progress &&
        !c->settings->progress(c->settings->context, c->stored_done, input_stored_bytes(c->input)))
        err = error_set(error, ERR_CANCELLED, "the conversion was stopped");
    if (err != OK)
        fail(c, err, error);
    end_turn(c);
    pthread_mutex_unlock(&c->lock);
    return err;
}

static void run_thread(void *argument)
{
    struct thread *thread = argument;
    struct conversion *c = thread->conversion;
    struct error error = {0};
    enum err err = OK;
    while (err == OK && !__atomic_load_n(&c->failed, __ATOMIC_RELAXED)) {
        struct portion portion;
        err = input_next(c->input, &portion, &error);
        if (err != OK) {
            pthread_mutex_lock(&c->lock);
            if (err != ERR_NOT_FOUND)
                fail(c, err, &error);
            pthread_mutex_unlock(&c->lock);
            break;
        }
        err = convert_portion(thread, &portion, &error);
        portion_free(&portion);
    }
}

static void begin_pass(struct conversion *c)
{
    if (!c->given)
        builder_settle(c->schema);
    input_rewind(c->input);
    output_restart(&c->output);
    c->turn = 0;
    c->seen_records = 0;
    c->restart = false;
    c->stored_done = 0;
    c->census_count = 0;
    c->result = (struct convert_result){.passes = c->result.passes + 1};
}

static enum err run_pass(struct conversion *c, enum build_mode mode)
{
    struct thread *threads = calloc(c->threads, sizeof *threads);
    if (!threads)
        abort();
    begin_pass(c);
    c->mode = mode;
    for (unsigned i = 0; i < c->threads; i++) {
        threads[i].conversion = c;
        builder_init(&threads[i].builder, &c->builder);
        threads[i].builder.full = take_full;
        threads[i].builder.context = &threads[i];
    }
    for (unsigned i = 1; i < c->threads; i++)
        threads[i].id = thread_start("convert", run_thread, &threads[i], THREAD_STACK_BYTES);
    run_thread(&threads[0]);
    for (unsigned i = 1; i < c->threads; i++)
        thread_join(threads[i].id);
    for (unsigned i = 0; i < c->threads; i++)
        builder_deinit(&threads[i].builder);
    free(threads);
    return c->failed ? c->failure : OK;
}

// ================================================================ schemas

static enum err sample(struct conversion *c)
{
    struct builder b;
    builder_init(&b, &c->builder);
    enum err err = builder_sample(&b, c->input, c->schema, &c->error);
    if (err == OK)
        type_join(&c->arena, c->schema, b.schema);
    note_explanations(c, &b);
    builder_deinit(&b);
    return err;
}

// Spark sorts the fields of every struct by name.
static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

static void sort_fields(struct type *type)
{
    if (type->kind == KIND_STRUCT && type->count)
        qsort(type->fields, type->count, sizeof *type->fields, by_name);
    for (size_t i = 0; i < type->count; i++)
        sort_fields(type->fields[i].type);
}

// Glue's crawler: the front of each source, further while nothing was valid.
static enum err learn_front(struct conversion *c)
{
    struct builder b;
    builder_init(&b, &c->builder);
    enum err err = OK;
    uint64_t text_bytes;
    for (size_t i = 0; err == OK && i < input_source_count(c->input); i++) {
        err = builder_front(&b, input_source(c->input, i), c->schema, GLUE_SAMPLE_STEP,
                            GLUE_SAMPLE_STEPS, &text_bytes, &c->error);
        if (err == OK)
            c->schema = type_copy(&c->arena, b.schema); // it began with what was known
    }
    note_explanations(c, &b);
    builder_deinit(&b);
    return err;
}

static enum err find_schema(struct conversion *c)
{
    const struct convert_settings *settings = c->settings;
    if (settings->schema.ptr || settings->columns) {
        if (settings->columns)
            c->schema = type_copy(&c->arena, settings->columns);
        else
            TRY(type_parse(&c->arena, settings->schema, &c->schema, &c->error));
        if (c->schema->kind != KIND_STRUCT || c->schema->count == 0)
            return error_set(&c->error, ERR_INVALID,
                             "the schema is not a struct with columns: %.*s",
                             STR_ARG(settings->schema));
        c->given = true;
        return OK;
    }
    c->schema = type_new(&c->arena, KIND_STRUCT);
    c->builder.rules = (struct infer_rules){.dates = settings->infer == INFER_FULL,
                                            .lossy_real = settings->infer != INFER_FULL,
                                            .small_integers = settings->infer == INFER_GLUE,
                                            .fold_case = settings->infer == INFER_GLUE};
    if (settings->infer == INFER_FULL) {
        if (!settings->explain)
            TRY(sample(c));
        if (!settings->learn_first)
            return OK;
    }
    if (settings->infer == INFER_GLUE)
        TRY(learn_front(c));
    else // everything, Spark's or not
        TRY(run_pass(c, BUILD_LEARN));
    if (settings->infer == INFER_SPARK)
        sort_fields(c->schema);
    builder_settle(c->schema);
    c->given = c->schema->count > 0;
    return OK;
}

// ================================================================ the whole

static void put_original_names(struct buf *out, const struct type *type, struct str prefix,
                               struct arena *arena)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        struct str path =
            prefix.len ? str_format(arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(field->name))
                       : field->name;
        if (!str_eq(field->name, field->original)) {
            buf_put_char(out, out->len > 1 ? ',' : '{');
            json_write_string(out, path);
            buf_put_char(out, ':');
            json_write_string(out, field->original);
        }
        put_original_names(out, field->type, path, arena);
    }
}

// What every file says of itself.
static void set_metadata(struct conversion *c)
{
    const struct convert_settings *settings = c->settings;
    struct key_value *metadata =
        ARENA_ARRAY(&c->arena, struct key_value, settings->metadata_count + 2);
    size_t count = 0;
    for (; count < settings->metadata_count; count++)
        metadata[count] = settings->metadata[count];
    struct buf names = buf_in(&c->arena, SIZE_MAX / 2);
    put_original_names(&names, c->schema, STR_NONE, &c->arena);
    if (names.len) {
        buf_put_char(&names, '}');
        metadata[count++] = (struct key_value){S("tarn.original_names"), buf_str(&names)};
    }
    struct buf sources = buf_in(&c->arena, SIZE_MAX / 2);
    for (size_t i = 0; i < input_source_count(c->input) && i < SOURCES_NAMED_MAX; i++) {
        buf_put_char(&sources, i ? ',' : '[');
        json_write_string(&sources, input_source(c->input, i)->name);
    }
    buf_put_char(&sources, ']');
    metadata[count++] = (struct key_value){S("tarn.sources"), buf_str(&sources)};
    c->output.settings.metadata = metadata;
    c->output.settings.metadata_count = count;
}

static enum err check_partition_columns(struct conversion *c)
{
    for (size_t i = 0; i < c->settings->partition_by_count; i++) {
        struct str name = c->settings->partition_by[i];
        const struct field *field = type_field(c->schema, name);
        if (!field)
            return error_set(&c->error, ERR_INVALID, "there is no column %.*s to partition by",
                             STR_ARG(name));
        if (kind_is_nested(field->type->kind))
            return error_set(&c->error, ERR_INVALID, "the partition column %.*s is nested",
                             STR_ARG(name));
    }
    if (c->settings->partition_by_count && c->settings->partition_by_count == c->schema->count)
        return error_set(&c->error, ERR_INVALID,
                         "at least one column must not be a partition column");
    return OK;
}

static enum err run(struct conversion *c)
{
    TRY(find_schema(c));
    if (c->settings->partition_by_count)
        TRY(check_partition_columns(c));
    TRY(run_pass(c, BUILD_ROW_GROUPS));
    for (unsigned again = 1; c->restart && again < PASSES_MAX; again++) {
        if (c->settings->restarted) {
            TRY(c->settings->restarted(c->settings->context, &c->error));
            c->told = c->told_records = 0;
        }
        TRY(run_pass(c, BUILD_ROW_GROUPS));
    }
    if (c->restart)
        return error_set(&c->error, ERR_CONFLICT, "the input changed while it was read");
    set_metadata(c);
    return output_publish(&c->output, builder_file_schema(&c->arena, c->schema, &c->builder),
                          &c->error);
}

static enum err begin(struct conversion *c)
{
    const struct convert_settings *settings = c->settings;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    c->threads =
        settings->threads ? settings->threads : (unsigned)(processors > 0 ? processors : 1);
    c->threads = c->threads > THREADS_MAX ? THREADS_MAX : c->threads;
    c->chunk = (struct chunk_settings){.profile = settings->profile,
                                       .codec = settings->codec,
                                       .codec_level = settings->codec_level};
    c->builder = (struct builder_settings){
        .chunk = &c->chunk,
        .explain = settings->explain,
        .partition_by = settings->partition_by,
        .partition_by_count = settings->partition_by_count,
        .bloom_columns = settings->bloom_columns,
        .bloom_column_count = settings->bloom_column_count,
        .variant = settings->variant,
        .record_bytes_max = settings->record_bytes_max,
        .row_group_rows =
            settings->row_group_rows ? settings->row_group_rows : CONVERT_ROW_GROUP_ROWS,
    };
    struct input_settings input = settings->input;
    input.portion_bytes =
        settings->row_group_bytes ? settings->row_group_bytes : CONVERT_ROW_GROUP_BYTES;
    input.threads = c->threads;
    TRY(input_open(&input, &c->input, &c->error));
    struct output_settings output = settings->output;
    output.chunk = &c->chunk;
    return output_open(&c->output, &output, &c->error);
}

static struct conversion *new_conversion(const struct convert_settings *settings)
{
    struct conversion *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->settings = settings;
    arena_init(&c->arena);
    arena_init(&c->output.arena);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->turn_came, NULL);
    return c;
}

enum err convert_schema(const struct convert_settings *settings, struct arena *arena,
                        struct type **out_type, struct error *error)
{
    struct convert_settings all = *settings;
    all.learn_first = true;
    struct conversion *c = new_conversion(&all);
    enum err err = begin(c);
    if (err == OK)
        err = find_schema(c);
    if (err == OK)
        *out_type = type_copy(arena, c->schema);
    else if (error)
        *error = c->error;
    convert_free(c);
    return err;
}

enum err convert_run(const struct convert_settings *settings, struct conversion **out_conversion,
                     struct convert_result *out_result, struct error *error)
{
    struct conversion *c = new_conversion(settings);
    enum err err = begin(c);
    if (err == OK)
        err = run(c);
    if (err != OK) {
        if (error)
            *error = c->error;
        convert_free(c);
        return err;
    }
    c->result.stored_bytes = input_stored_bytes(c->input);
    c->result.output_bytes = c->output.bytes;
    c->result.files = (const struct output_file *const *)c->output.files;
    c->result.file_count = c->output.file_count;
    c->result.schema = c->schema;
    c->result.explanations = c->explanations;
    c->result.explanation_count = c->explanation_count;
    c->result.censuses = c->censuses;
    c->result.census_count = c->census_count;
    *out_result = c->result;
    *out_conversion = c;
    return OK;
}

void convert_free(struct conversion *c)
{
    if (!c)
        return;
    output_close(&c->output);
    input_close(c->input);
    pthread_cond_destroy(&c->turn_came);
    pthread_mutex_destroy(&c->lock);
    arena_deinit(&c->arena);
    free(c);
}
