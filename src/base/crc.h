// SPDX-License-Identifier: Apache-2.0
// The CRC kernels behind digest.h, all reflected with initial value and final complement of all ones. Each takes and
// gives the finished value, so that a text may come in pieces: 0 to start, the last value to go on.
//
// What the processor offers is asked on every call (a read of a cached word), so there is no state to set up.
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len);
uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t len);
uint64_t crc64nvme_update(uint64_t crc, const void *bytes, size_t len);

// The portable ones, which the others must agree with; public for the tests.
uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t len);
uint64_t crc64nvme_portable(uint64_t crc, const void *bytes, size_t len);

#endif
