// SPDX-License-Identifier: Apache-2.0
// The kernel's generator, one getrandom(2) a request (no buffer that a fork could duplicate); or
// xoshiro256** seeded by splitmix64 (Blackman and Vigna), which is good enough for tests and for
// nothing else.
#include "os/random.h"

#include "base/encode.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct random {
    bool seeded;
    pthread_mutex_t lock;
    uint64_t state[4]; // under lock
};

static struct random *make(bool seeded)
{
    struct random *random = calloc(1, sizeof *random);
    assert(random);
    random->seeded = seeded;
    pthread_mutex_init(&random->lock, NULL);
    return random;
}

struct random *random_new_system(void)
{
    return make(false);
}

struct random *random_new_seeded(uint64_t seed)
{
    struct random *random = make(true);
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random->state[i] = z ^ (z >> 31);
    }
    return random;
}

void random_free(struct random *random)
{
    if (!random)
        return;
    pthread_mutex_destroy(&random->lock);
    free(random);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t seeded_next(uint64_t s[4])
{
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void seeded_bytes(struct random *random, char *out, size_t len)
{
    pthread_mutex_lock(&random->lock);
    while (len > 0) {
        uint64_t word = seeded_next(random->state);
        size_t part = len < sizeof word ? len : sizeof word;
        memcpy(out, &word, part);
        out += part;
        len -= part;
    }
    pthread_mutex_unlock(&random->lock);
}

void random_bytes(struct random *random, void *out, size_t len)
{
    if (random->seeded) {
        seeded_bytes(random, out, len);
        return;
    }
    for (char *at = out; len > 0;) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            assert(errno == EINTR);
            continue;
        }
        at += got;
        len -= (size_t)got;
    }
}

uint64_t random_u64(struct random *random)
{
    uint64_t value;
    random_bytes(random, &value, sizeof value);
    return value;
}

struct str random_uuid(struct random *random, struct arena *arena)
{
    uint8_t bytes[16];
    random_bytes(random, bytes, sizeof bytes);
    return uuid_text(arena, bytes);
}

struct str random_text(struct random *random, struct arena *arena, const char *alphabet, size_t len)
{
    size_t letters = strlen(alphabet);
    assert(letters > 0 && letters <= 256);
    unsigned fair =
        256 - 256 % (unsigned)letters; // bytes from here on would favour the first letters
    char *text = arena_bytes(arena, len + 1);
    uint8_t bytes[64];
    size_t at = sizeof bytes;
    for (size_t i = 0; i < len;) {
        if (at == sizeof bytes) {
            random_bytes(random, bytes, sizeof bytes);
            at = 0;
        }
        unsigned byte = bytes[at++];
        if (byte < fair)
            text[i++] = alphabet[byte % letters];
    }
    text[len] = 0;
    return str_n(text, len);
}
