// SPDX-License-Identifier: Apache-2.0
// The heap of a process that does one large thing.
//
// The system hands out memory in pages of 4 KiB, each at the price of a fault when it is first
// touched, and takes them back whenever something large is freed. For a process whose work is large
// tables and buffers that come and go, that is a tenth of its time.
#ifndef OS_MEMORY_H
#define OS_MEMORY_H

#include <stddef.h>

// From now on the heap keeps what is freed, and its first `bytes` (of address space: what is not
// touched takes no memory) are in large pages where the system has them. For all threads; to be
// called once, early, by a program's main: a server or a library must not.
void memory_expect_large(size_t bytes);

#endif
