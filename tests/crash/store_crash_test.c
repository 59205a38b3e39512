// SPDX-License-Identifier: Apache-2.0
// Kills a process that writes to a store, at random moments, and checks that everything it had
// acknowledged is there, and that nothing is there by halves.
//
// The child's workers each repeat one transaction: three rows of number n, a counter, a blob that
// takes the place of the last one (inline or a file by turns), a named task that takes the place of
// the last one, and an unnamed task that is added while the last one is done. After the commit a
// worker writes n to a pipe. The parent kills the child after a random number of such
// acknowledgements, opens the store, and compares. Then the next child goes on from there.
//
// Last, a child may not write files beyond a size: its log cannot grow any more, and it must say so
// and abort rather than acknowledge.
//
//     store_crash_test [SEED [ROUNDS]]
#include "os/file.h"
#include "os/process.h"
#include "os/thread.h"
#include "store/blob.h"
#include "store/task.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS 4
#define ROWS 3
#define ROUNDS 10
#define ACKS_MAX 500
#define FILE_BLOB_BYTES 40000
#define FULL_DISK_BYTES 200000

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

struct ack {
    uint32_t worker;
    uint64_t number;
};

static struct str blob_content(struct arena *arena, uint64_t worker, uint64_t number)
{
    size_t len = number % 3 == 0 ? FILE_BLOB_BYTES : (size_t)(number % 100);
    char *bytes = arena_bytes(arena, len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(worker * 31 + number * 7 + i);
    return str_n(bytes, len);
}

static struct key *worker_key(struct key *key, const char *what, uint64_t worker)
{
    return key_u64(key_str(key_start(key, KEYSPACE_STORE_META), str_of(what)), worker);
}

static struct key *row_key(struct key *key, uint64_t worker, uint64_t number, uint64_t row)
{
    return key_u64(key_u64(worker_key(key, "row", worker), number), row);
}

// --- the child

struct worker {
    struct store *store;
    uint64_t id;
    int acks_fd;
    struct arena arena; // of one transaction
    struct blob blob;   // made before it
    uint64_t number;    // what it writes
};

static int64_t state_i64(const struct json *state, const char *name)
{
    return json_i64_or(state, name, 0);
}

static enum err replace_blob(struct tx *tx, struct worker *worker, const struct json *state)
{
    struct blob old;
    if (blob_from_json(json_get(state, "blob"), &old) == OK)
        TRY(tx_blob_drop(tx, &old));
    return tx_blob_keep(tx, &worker->blob);
}

static enum err replace_tasks(struct tx *tx, struct worker *worker, const struct json *state,
                              uint64_t *out_id)
{
    struct json *input = json_object(&worker->arena);
    json_set_i64(&worker->arena, input, "worker", (int64_t)worker->id);
    json_set_i64(&worker->arena, input, "number", (int64_t)worker->number);
    struct task task = {.service = S("crash"), .op = S("Named"), .input = input, .due_ms = 1};
    task.name = str_format(&worker->arena, "worker-%" PRIu64, worker->id);
    TRY(task_add(tx, &task));
    task.name = STR_NONE;
    task.op = S("Chained");
    TRY(task_add(tx, &task));
    *out_id = task.id;
    uint64_t last = (uint64_t)state_i64(state, "task");
    return last ? task_done(tx, last) : OK;
}

static enum err step(struct tx *tx, void *context)
{
    struct worker *worker = context;
    struct arena *arena = &worker->arena;
    struct key key;
    struct json *state = NULL;
    enum err found = tx_lock_json(tx, worker_key(&key, "state", worker->id), arena, &state);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    uint64_t task_id;
    TRY(replace_blob(tx, worker, state));
    TRY(replace_tasks(tx, worker, state, &task_id));
    for (uint64_t row = 0; row < ROWS; row++)
        TRY(tx_put(tx, row_key(&key, worker->id, worker->number, row),
                   str_format(arena, "%" PRIu64, worker->number * ROWS + row)));
    struct json *next = json_object(arena);
    json_set_i64(arena, next, "number", (int64_t)worker->number);
    json_set_i64(arena, next, "task", (int64_t)task_id);
    json_set(arena, next, "blob", blob_to_json(arena, &worker->blob));
    return tx_put_json(tx, worker_key(&key, "state", worker->id), next);
}

static uint64_t last_number(struct store *store, uint64_t worker)
{
    struct arena arena;
    arena_init(&arena);
    struct key key;
    struct json *state = NULL;
    struct tx *tx = tx_begin(store, true);
    enum err found = tx_get_json(tx, worker_key(&key, "state", worker), &arena, &state);
    CHECK(found == OK || found == ERR_NOT_FOUND);
    uint64_t number = (uint64_t)state_i64(state, "number");
    tx_abort(tx);
    arena_deinit(&arena);
    return number;
}

static void work(void *argument)
{
    struct worker *worker = argument;
    struct error error = {0};
    arena_init(&worker->arena);
    for (worker->number = last_number(worker->store, worker->id) + 1;; worker->number++) {
        struct str content = blob_content(&worker->arena, worker->id, worker->number);
        CHECK(blob_of_bytes(worker->store, &worker->arena, content, &worker->blob, &error) == OK);
        CHECK(store_transact(worker->store, step, worker, &error) == OK);
        struct ack ack = {(uint32_t)worker->id, worker->number};
        CHECK(write(worker->acks_fd, &ack, sizeof ack) == sizeof ack);
        arena_reset(&worker->arena);
    }
}

static struct store *open_store(const char *folder)
{
    struct store_options options = {
        .folder = folder, .clock = clock_new_real(), .random = random_new_system()};
    struct error error = {0};
    struct store *store;
    enum err result = store_open(&options, &store, &error);
    if (result != OK)
        fprintf(stderr, "open: %s\n", error.text);
    CHECK(result == OK);
    return store;
}

static void close_store(struct store *store)
{
    struct clock *clock = store_clock(store);
    struct random *random = store_random(store);
    store_close(store);
    clock_free(clock);
    random_free(random);
}

static int child_main(const char *folder)
{
    signal(SIGXFSZ, SIG_IGN); // so that a write beyond the limit fails as on a full disk
    static struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    struct store *store = open_store(folder);
    for (uint64_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.store = store, .id = i, .acks_fd = STDOUT_FILENO};
        threads[i] = thread_start("worker", work, &workers[i], 0);
    }
    for (uint64_t i = 0; i < WORKERS; i++)
        thread_join(threads[i]); // never: we are killed
    return 1;
}

// --- the parent

static void check_rows(struct tx *tx, struct arena *arena, uint64_t worker, uint64_t number)
{
    struct key prefix;
    struct str key, value;
    struct scan *scan = scan_open(tx, worker_key(&prefix, "row", worker), NULL, false);
    for (uint64_t n = 1; n <= number; n++)
        for (uint64_t row = 0; row < ROWS; row++) {
            CHECK(scan_next(scan, &key, &value) == OK);
            struct cursor cursor = key_cursor(key);
            key_take_str(&cursor, arena);
            CHECK(key_take_u64(&cursor) == worker);
            CHECK(key_take_u64(&cursor) == n);
            CHECK(key_take_u64(&cursor) == row);
            uint64_t written;
            CHECK(str_to_u64(value, &written) && written == n * ROWS + row);
        }
    CHECK(scan_next(scan, &key, &value) == ERR_NOT_FOUND); // nothing of what was not committed
    scan_close(scan);
}

// Returns whether its blob is a file.
static bool check_worker(struct tx *tx, uint64_t worker, uint64_t acked)
{
    struct arena arena;
    arena_init(&arena);
    struct error error = {0};
    struct key key;
    struct json *state = NULL;
    enum err found = tx_get_json(tx, worker_key(&key, "state", worker), &arena, &state);
    CHECK(found == OK || (found == ERR_NOT_FOUND && acked == 0));
    uint64_t number = (uint64_t)state_i64(state, "number");
    CHECK(number == acked ||
          number == acked + 1); // one may have been committed and not acknowledged
    check_rows(tx, &arena, worker, number);
    bool in_file = false;
    if (state) {
        struct blob blob;
        struct str bytes;
        CHECK(blob_from_json(json_get(state, "blob"), &blob) == OK);
        CHECK(blob_read_all(tx, &blob, &arena, FILE_BLOB_BYTES, &bytes, &error) == OK);
        CHECK(str_eq(bytes, blob_content(&arena, worker, number)));
        in_file = blob.in_file;
    }
    arena_deinit(&arena);
    return in_file;
}

// Exactly one named and one chained task of every worker that has begun, both of its last number.
static void check_tasks(struct store *store)
{
    struct arena arena;
    arena_init(&arena);
    struct task_queue *queue = task_queue_new(store);
    struct task task;
    unsigned named[WORKERS] = {0}, chained[WORKERS] = {0};
    while (task_try_lease(queue, &arena, &task) == OK) {
        uint64_t worker = (uint64_t)json_i64_or(task.input, "worker", WORKERS);
        CHECK(worker < WORKERS);
        CHECK((uint64_t)json_i64_or(task.input, "number", 0) == last_number(store, worker));
        (str_is(task.op, "Named") ? named : chained)[worker]++;
    }
    for (uint64_t i = 0; i < WORKERS; i++) {
        unsigned expected = last_number(store, i) > 0;
        CHECK(named[i] == expected && chained[i] == expected);
    }
    task_queue_free(queue);
    arena_deinit(&arena);
}

static size_t count_blob_files(const char *folder)
{
    struct arena arena;
    arena_init(&arena);
    struct error error = {0};
    struct folder_entry *folders, *files;
    size_t folder_count, file_count, sum = 0;
    char *blobs = str_cstr(&arena, str_format(&arena, "%s/blobs", folder));
    CHECK(folder_list(&arena, blobs, &folders, &folder_count, &error) == OK);
    for (size_t i = 0; i < folder_count; i++) {
        char *inner =
            str_cstr(&arena, str_format(&arena, "%s/%.*s", blobs, STR_ARG(folders[i].name)));
        CHECK(folder_list(&arena, inner, &files, &file_count, &error) == OK);
        sum += file_count;
    }
    arena_deinit(&arena);
    return sum;
}

static void check_store(const char *folder, const uint64_t acked[WORKERS])
{
    struct error error = {0};
    struct store *store = open_store(folder);
    size_t files = 0, checked, broken, removed;
    struct tx *tx = tx_begin(store, true);
    for (uint64_t i = 0; i < WORKERS; i++)
        files += check_worker(tx, i, acked[i]);
    tx_abort(tx);
    check_tasks(store);
    CHECK(blob_scrub(store, &checked, &broken, &error) == OK);
    CHECK(broken == 0);
    CHECK(blob_sweep(store, 0, &removed, &error) == OK);
    CHECK(count_blob_files(folder) == files); // what was named, and no more
    close_store(store);
}

// The next acknowledgement; false when the child has died.
static bool read_ack(int acks_fd, uint64_t acked[WORKERS])
{
    struct ack ack;
    if (read(acks_fd, &ack, sizeof ack) != sizeof ack)
        return false;
    CHECK(ack.worker < WORKERS && ack.number > acked[ack.worker]);
    acked[ack.worker] = ack.number;
    return true;
}

static void check_end(pid_t pid, int signal)
{
    struct process_end end;
    CHECK(process_wait(pid, -1, &end) == OK);
    CHECK(!end.exited && end.signal == signal);
}

// Reads acknowledgements until enough have come, kills the child, and reads those that came before
// it died.
static void kill_after(pid_t pid, int acks_fd, uint64_t enough, uint64_t acked[WORKERS])
{
    for (uint64_t count = 0; count < enough; count++)
        CHECK(read_ack(acks_fd, acked)); // else it died of itself
    process_kill_tree(pid, SIGKILL);
    while (read_ack(acks_fd, acked))
        ;
    check_end(pid, SIGKILL);
}

static pid_t start_child(const char *folder, uint64_t file_bytes_max, int *out_acks_fd)
{
    struct arena arena;
    arena_init(&arena);
    struct error error = {0};
    int pipe_fds[2];
    pid_t pid;
    CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
    struct str self = process_self_path(&arena);
    const char *argv[] = {self.ptr, "child", folder, NULL};
    struct process_spec spec = {.argv = argv,
                                .stdin_fd = -1,
                                .stdout_fd = pipe_fds[1],
                                .stderr_fd = file_bytes_max ? -1 : STDERR_FILENO,
                                .file_bytes_max = file_bytes_max};
    CHECK(process_start(&spec, &pid, &error) == OK);
    close(pipe_fds[1]);
    arena_deinit(&arena);
    *out_acks_fd = pipe_fds[0];
    return pid;
}

static void check_and_catch_up(const char *folder, uint64_t acked[WORKERS])
{
    check_store(folder, acked);
    // What was committed without an acknowledgement is where the next one starts.
    struct store *store = open_store(folder);
    for (uint64_t i = 0; i < WORKERS; i++)
        acked[i] = last_number(store, i);
    close_store(store);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child_main(argv[2]);
    struct random *system = random_new_system();
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : random_u64(system) % 1000000;
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : ROUNDS;
    random_free(system);
    printf("seed %" PRIu64 "\n", seed);
    fflush(stdout);
    struct random *random = random_new_seeded(seed);
    struct arena arena;
    arena_init(&arena);
    struct error error = {0};
    char *folder;
    CHECK(folder_make_temp(&arena, NULL, "tarn-crash", &folder, &error) == OK);
    uint64_t acked[WORKERS] = {0};
    for (unsigned round = 0; round < rounds; round++) {
        int acks_fd;
        pid_t pid = start_child(folder, 0, &acks_fd);
        kill_after(pid, acks_fd, random_u64(random) % ACKS_MAX, acked);
        close(acks_fd);
        check_and_catch_up(folder, acked);
    }
    int acks_fd;
    pid_t pid = start_child(folder, FULL_DISK_BYTES, &acks_fd);
    while (read_ack(acks_fd, acked))
        ;
    close(acks_fd);
    check_end(pid, SIGABRT);
    check_and_catch_up(folder, acked);
    printf("%u kills, %" PRIu64 " transactions of the first worker\n", rounds, acked[0]);
    CHECK(folder_remove_all(folder, &error) == OK);
    arena_deinit(&arena);
    random_free(random);
    return 0;
}
