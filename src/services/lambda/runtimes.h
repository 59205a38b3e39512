// SPDX-License-Identifier: Apache-2.0
// Runtimes: which program runs a function of which runtime identifier.
//
//     provided, provided.al2, provided.al2023   the package's own executable `bootstrap`
//     python3.*                                 the machine's python3, whatever its minor version
//     nodejs*.x                                 the machine's node
//
// For the interpreters there are bootstraps of ours (runtimes/), which load the handler and speak
// the Runtime API. They are part of this program and written to DIR/functions/runtime at first use;
// sandboxes see them as /var/runtime.
#ifndef LAMBDA_RUNTIMES_H
#define LAMBDA_RUNTIMES_H

#include "lake/lake.h"

struct runtime {
    const char *program;   // inside the sandbox
    const char *bootstrap; // its argument, or NULL
};
// ERR_INVALID: no such runtime; ERR_UNSUPPORTED: its interpreter is not installed.
enum err runtime_find(struct str identifier, struct runtime *out, struct error *error) MUST_CHECK;
bool runtime_is_known(struct str identifier); // one that AWS has or had, perhaps not one of ours
enum err runtime_folder(struct lake *lake, struct arena *arena, char **out_folder,
                        struct error *error) MUST_CHECK;

#endif
