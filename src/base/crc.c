// SPDX-License-Identifier: Apache-2.0
// Three ways to a CRC. By table, eight bytes a step ("slicing by eight"), everywhere. By the CRC32C
// instruction of SSE4.2 and ARMv8. And by carry-less multiplication for the other two: sixteen-byte
// blocks of the text are folded onto later ones by multiplying them with x^distance mod P - the
// remainder stays the same - until one block is left, which the table finishes (Gopal et al., "Fast
// CRC Computation for Generic Polynomials Using PCLMULQDQ"). The tables and constants are made at
// build time by crc_tables.py.
#include "base/crc.h"
#include "base/crc_tables.h"
#include "base/digest.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

static uint64_t load_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t v = load_le64(p) ^ crc;
        crc = 0;
        for (int i = 0; i < 8; i++)
            crc ^= crc32c_table[7 - i][v >> (8 * i) & 0xFF];
    }
    for (; len; len--, p++)
        crc = crc32c_table[0][(crc ^ *p) & 0xFF] ^ crc >> 8;
    return ~crc;
}

// Without the complements: the state itself, as folding needs it.
static uint64_t crc64nvme_state(uint64_t state, const uint8_t *p, size_t len)
{
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t v = load_le64(p) ^ state;
        state = 0;
        for (int i = 0; i < 8; i++)
            state ^= crc64nvme_table[7 - i][v >> (8 * i) & 0xFF];
    }
    for (; len; len--, p++)
        state = crc64nvme_table[0][(state ^ *p) & 0xFF] ^ state >> 8;
    return state;
}

uint64_t crc64nvme_portable(uint64_t crc, const void *bytes, size_t len)
{
    return ~crc64nvme_state(~crc, bytes, len);
}

#if defined(__x86_64__)

#define FOLD_BYTES_MIN 128 // below, the table is as fast

static bool has_fold(void)
{
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

__attribute__((target("pclmul,sse4.1"))) static __m128i fold(__m128i block, __m128i factors,
                                                             __m128i onto)
{
    __m128i low = _mm_clmulepi64_si128(block, factors, 0x00);
    __m128i high = _mm_clmulepi64_si128(block, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), onto);
}

__attribute__((target("pclmul,sse4.1"))) static __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

// Folds whole blocks of 16 bytes; len is at least 64. Leaves in `out` sixteen bytes that, from
// state 0, have the remainder that the blocks have from `state`; returns how many bytes were taken.
__attribute__((target("pclmul,sse4.1"))) static size_t
fold_blocks(const struct crc_factors *factors, uint64_t state, const uint8_t *p, size_t len,
            uint8_t out[16])
{
    const uint8_t *start = p;
    __m128i by_64 = _mm_set_epi64x((int64_t)factors->high_64, (int64_t)factors->low_64);
    __m128i by_16 = _mm_set_epi64x((int64_t)factors->high_16, (int64_t)factors->low_16);
    __m128i a = _mm_xor_si128(load(p), _mm_set_epi64x(0, (int64_t)state));
    __m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
    for (p += 64, len -= 64; len >= 64; p += 64, len -= 64) {
        a = fold(a, by_64, load(p));
        b = fold(b, by_64, load(p + 16));
        c = fold(c, by_64, load(p + 32));
        d = fold(d, by_64, load(p + 48));
    }
    a = fold(fold(fold(a, by_16, b), by_16, c), by_16, d);
    for (; len >= 16; p += 16, len -= 16)
        a = fold(a, by_16, load(p));
    _mm_storeu_si128((__m128i *)out, a);
    return (size_t)(p - start);
}

uint64_t crc64nvme_update(uint64_t crc, const void *bytes, size_t len)
{
    if (len < FOLD_BYTES_MIN || !has_fold())
        return crc64nvme_portable(crc, bytes, len);
    uint8_t rest[16];
    size_t taken = fold_blocks(&crc64nvme_factors, ~crc, bytes, len, rest);
    uint64_t state = crc64nvme_state(0, rest, sizeof rest);
    return ~crc64nvme_state(state, (const uint8_t *)bytes + taken, len - taken);
}

uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len)
{
    if (len < FOLD_BYTES_MIN || !has_fold())
        return (uint32_t)crc32_z(crc, bytes, len);
    uint8_t rest[16];
    size_t taken = fold_blocks(&crc32_factors, (uint32_t)~crc, bytes, len, rest);
    uLong finished = crc32_z(0xFFFFFFFF, rest, sizeof rest); // state 0, complemented
    return (uint32_t)crc32_z(finished, (const uint8_t *)bytes + taken, len - taken);
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p,
                                                               size_t len)
{
    uint64_t state = (uint32_t)~crc;
    for (; len >= 8; len -= 8, p += 8)
        state = _mm_crc32_u64(state, load_le64(p));
    for (; len; len--, p++)
        state = _mm_crc32_u8((uint32_t)state, *p);
    return ~(uint32_t)state;
}

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t len)
{
    if (__builtin_cpu_supports("sse4.2"))
        return crc32c_sse42(crc, bytes, len);
    return crc32c_portable(crc, bytes, len);
}

#else

uint64_t crc64nvme_update(uint64_t crc, const void *bytes, size_t len)
{
    return crc64nvme_portable(crc, bytes, len);
}

uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len)
{
    return (uint32_t)crc32_z(crc, bytes, len);
}

#if defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t crc32c_arm(uint32_t crc, const uint8_t *p,
                                                           size_t len)
{
    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8)
        crc = __crc32cd(crc, load_le64(p));
    for (; len; len--, p++)
        crc = __crc32cb(crc, *p);
    return ~crc;
}
#endif

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t len)
{
#if defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_CRC32)
        return crc32c_arm(crc, bytes, len);
#endif
    return crc32c_portable(crc, bytes, len);
}

#endif

// --- combining: a text followed by n zero bytes has the remainder times x^8n. The complements
// cancel out.

struct polynomial {
    uint64_t reflected; // without its leading term
    int width;
};

static uint64_t times_x(uint64_t a, uint64_t p)
{
    return a >> 1 ^ (a & 1 ? p : 0);
}

// a * b mod p, of at most `width` terms in the low bits (bit width-1 is x^0).
static uint64_t times(uint64_t a, uint64_t b, const struct polynomial *p)
{
    uint64_t product = 0;
    for (int i = p->width - 1; i >= 0; i--) {
        if (b >> i & 1)
            product ^= a;
        a = times_x(a, p->reflected);
    }
    return product;
}

uint64_t crc_combine(enum digest_kind kind, uint64_t first, uint64_t second, uint64_t second_len)
{
    static const struct polynomial polynomials[] = {
        [DIGEST_CRC32] = {CRC32_POLYNOMIAL, 32},
        [DIGEST_CRC32C] = {CRC32C_POLYNOMIAL, 32},
        [DIGEST_CRC64NVME] = {CRC64NVME_POLYNOMIAL, 64},
    };
    assert(kind <= DIGEST_CRC64NVME);
    const struct polynomial *p = &polynomials[kind];
    uint64_t power = (uint64_t)1 << (p->width - 1); // x^0
    for (int i = 0; i < 8; i++)
        power = times_x(power, p->reflected); // x^8
    for (; second_len; second_len >>= 1) {
        if (second_len & 1)
            first = times(first, power, p);
        power = times(power, power, p);
    }
    return first ^ second;
}
