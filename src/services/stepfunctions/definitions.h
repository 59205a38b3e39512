// SPDX-License-Identifier: Apache-2.0
// Definitions: texts in the store, named by their SHA-256, and a cache of their compiled forms.
//
// A definition never changes, so machines and executions name the one they use, and an update
// leaves running executions alone. Compiled forms are kept in memory, least recently used ones
// dropped first.
//
// Threads: any. A compiled definition that was acquired stays until it is released.
#ifndef STEPFUNCTIONS_DEFINITIONS_H
#define STEPFUNCTIONS_DEFINITIONS_H

#include "lake/call.h"
#include "services/stepfunctions/asl.h"

struct definitions;
struct definitions *definitions_new(void);
void definitions_free(struct definitions *definitions); // takes NULL

// Stores `text`, which has been checked, and yields its name.
enum err definition_put(struct call *call, struct str text, struct str *out_name) MUST_CHECK;
enum err definition_text(struct call *call, struct str name, struct str *out_text) MUST_CHECK;

struct definition;
enum err definition_acquire(struct call *call, struct str name,
                            struct definition **out_definition) MUST_CHECK;
void definition_release(struct call *call, struct definition *definition); // takes NULL
const struct asl *definition_asl(const struct definition *definition);

#endif
