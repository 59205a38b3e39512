// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without a fuzzer: each file of a folder as it is, every prefix of the small
// ones, and mutations from a fixed seed, each in a block of exactly its size. Under a sanitizer
// this is a test; a crash names its file.
//     replay CORPUS_FOLDER [MUTATIONS_PER_FILE]
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIXED_BYTES_MAX 4096
#define FILE_BYTES_MAX ((size_t)1 << 20)

static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *block = malloc(len + (len == 0));
    if (!block)
        abort();
    memcpy(block, bytes, len);
    LLVMFuzzerTestOneInput(block, len);
    free(block);
}

static uint32_t next_random(uint64_t *seed) // xorshift64*
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)(*seed * 0x2545F4914F6CDD1Du >> 32);
}

// Changes, removes or doubles a few bytes. `bytes` has room for twice `len`.
static size_t mutate(uint8_t *bytes, size_t len, uint64_t *seed)
{
    for (uint32_t steps = 1 + next_random(seed) % 4; steps && len; steps--) {
        size_t at = next_random(seed) % len;
        size_t span = 1 + next_random(seed) % 8;
        if (span > len - at)
            span = len - at;
        switch (next_random(seed) % 4) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << next_random(seed) % 8);
            break;
        case 1:
            bytes[at] = bytes[next_random(seed) % len];
            break;
        case 2:
            memmove(bytes + at, bytes + at + span, len - at - span);
            len -= span;
            break;
        default:
            memmove(bytes + at + span, bytes + at, len - at);
            len += span;
            break;
        }
    }
    return len;
}

static void run_all(const uint8_t *bytes, size_t len, int mutations)
{
    uint64_t seed = 0x9E3779B97F4A7C15u ^ len;
    uint8_t *changed = malloc(len * 2 + 64);
    if (!changed)
        abort();
    run(bytes, len);
    for (size_t prefix = 0; prefix < len && len <= PREFIXED_BYTES_MAX; prefix++)
        run(bytes, prefix);
    for (int i = 0; i < mutations; i++) {
        memcpy(changed, bytes, len);
        size_t changed_len = mutate(changed, len, &seed);
        run(changed, changed_len);
    }
    free(changed);
}

static int run_file(const char *folder, const char *name, int mutations)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_BYTES_MAX);
    if (!file || !bytes) {
        perror(path);
        free(bytes);
        return 1;
    }
    size_t len = fread(bytes, 1, FILE_BYTES_MAX, file);
    fclose(file);
    printf("%s\n", path);
    fflush(stdout);
    run_all(bytes, len, mutations);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS_PER_FILE]\n", argv[0]);
        return 2;
    }
    int mutations = argc > 2 ? atoi(argv[2]) : 2000, failed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        failed |= run_file(argv[1], entry->d_name, mutations);
        files++;
    }
    closedir(folder);
    if (files == 0)
        fprintf(stderr, "%s is empty\n", argv[1]);
    return failed || files == 0;
}
