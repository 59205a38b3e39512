// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: one function that takes any bytes and survives them. libFuzzer calls it,
// or replay.c does.
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
