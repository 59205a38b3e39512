// SPDX-License-Identifier: Apache-2.0
// State machine definitions: Amazon States Language text, checked and made ready to run.
//
// The compiled form keeps the definition's JSON and adds what running needs at once: the states by
// name, their types, the nested machines of Parallel and Map. Names of states are unique in a whole
// definition, so a name says where an execution is. Everything else (paths, templates, retriers) is
// read from the JSON when a state runs.
//
// Checking finds everything that is wrong at once, each as a diagnostic with AWS's code, words and
// location. Specified in: states-language.net; AWS's Step Functions Developer Guide, "Amazon States
// Language". Not done, and refused by name: JSONata, variables (Assign), Map in distributed mode,
// Credentials.
#ifndef STEPFUNCTIONS_ASL_H
#define STEPFUNCTIONS_ASL_H

#include "base/json.h"

enum asl_type {
    ASL_PASS,
    ASL_TASK,
    ASL_CHOICE,
    ASL_WAIT,
    ASL_SUCCEED,
    ASL_FAIL,
    ASL_PARALLEL,
    ASL_MAP
};
#define ASL_TYPES 8

struct asl_machine;
struct asl_state {
    struct str name;
    enum asl_type type;
    const struct json *json;
    const struct asl_machine *machine; // the level it is on
    struct asl_machine **branches;     // of Parallel; Map has one
    size_t branch_count, branch_capacity;
    struct str next;     // "" at the end
    struct str location; // "/States/NAME": in diagnostics
    bool uses_context;   // something in it says $$
};
struct asl_machine {
    struct str start_at;
    struct asl_state **states;
    size_t count, capacity;
    struct asl_state *owner; // NULL: the whole definition
};
struct asl {
    const struct json *json;
    struct asl_machine *top;
    struct asl_state **states; // of all levels
    size_t count, capacity;
    int64_t timeout_ms; // 0: none
};

struct diagnostic {
    bool warning;
    const char *code; // "SCHEMA_VALIDATION_FAILED"
    struct str message;
    struct str location; // "/States/Wait for it/Seconds"
};
struct diagnostics {
    struct diagnostic *items;
    size_t count, capacity;
};

// ERR_INVALID when there is an error among the diagnostics. `text` must live as long as the result,
// which lives in `arena`. What Resource may say is checked by integration.h, later.
enum err asl_compile(struct arena *arena, struct str text, struct asl **out_asl,
                     struct diagnostics *diagnostics) MUST_CHECK;
void diagnostic_add(struct arena *arena, struct diagnostics *diagnostics, const char *code,
                    struct str location, const char *format, ...) PRINTF_LIKE(5, 6);

const struct asl_state *asl_state(const struct asl *asl,
                                  struct str name); // NULL when there is none
const struct asl_state *asl_start(const struct asl_machine *machine);
const char *asl_type_name(enum asl_type type);

#endif
