// SPDX-License-Identifier: Apache-2.0
// The bootstraps' texts are made into a C file by the build (runtimes/embed.sh).
#include "services/lambda/runtimes.h"

#include "os/file.h"
#include "services/lambda/engine.h"

#include <stdio.h>
#include <unistd.h>

extern const char RUNTIME_PYTHON[], RUNTIME_NODE[];

static const char *const PYTHON_PLACES[] = {"/usr/bin/python3", "/usr/local/bin/python3", NULL};
static const char *const NODE_PLACES[] = {"/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs",
                                          NULL};

// Identifier (a prefix when it ends in '*'), where its program is, our bootstrap.
static const struct row {
    const char *identifier;
    const char *const *places;
    const char *bootstrap, *package;
} ROWS[] = {
    {"provided", NULL, NULL, NULL},
    {"provided.al2", NULL, NULL, NULL},
    {"provided.al2023", NULL, NULL, NULL},
    {"python3.*", PYTHON_PLACES, "/var/runtime/bootstrap.py", "python3"},
    {"nodejs*", NODE_PLACES, "/var/runtime/bootstrap.mjs", "nodejs"},
};
static const char *const OTHERS[] = {
    "java8",         "java8.al2", "java11",    "java17", "java21",  "dotnetcore2.1",
    "dotnetcore3.1", "dotnet6",   "dotnet8",   "go1.x",  "ruby2.7", "ruby3.2",
    "ruby3.3",       "ruby3.4",   "python2.7", "java25", NULL};

static const struct row *row_of(struct str identifier)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct str name = str_of(ROWS[i].identifier);
        bool is_prefix = str_ends(name, S("*"));
        if (is_prefix ? identifier.len >= name.len &&
                            str_starts(identifier, str_slice(name, 0, name.len - 1))
                      : str_eq(identifier, name))
            return &ROWS[i];
    }
    return NULL;
}

bool runtime_is_known(struct str identifier)
{
    for (const char *const *name = OTHERS; *name; name++)
        if (str_is(identifier, *name))
            return true;
    return row_of(identifier) != NULL;
}

enum err runtime_find(struct str identifier, struct runtime *out, struct error *error)
{
    const struct row *row = row_of(identifier);
    if (!row)
        return error_set(error, ERR_INVALID,
                         "The runtime %.*s is not available here: functions run on provided.*, "
                         "python3.* and nodejs*.",
                         STR_ARG(identifier));
    if (!row->places) {
        *out = (struct runtime){"/var/task/bootstrap", NULL};
        return OK;
    }
    for (const char *const *place = row->places; *place; place++)
        if (access(*place, X_OK) == 0) {
            *out = (struct runtime){*place, row->bootstrap};
            return OK;
        }
    return error_set(
        error, ERR_UNSUPPORTED,
        "The runtime %.*s needs the program %s, which is not installed on this machine.",
        STR_ARG(identifier), row->package);
}

enum err engine_runtime_check(struct str identifier, struct error *error)
{
    struct runtime ignored;
    return runtime_find(identifier, &ignored, error);
}

// The host name in our URLs leads to the sandbox' own loopback, where we listen.
static struct str hosts(struct lake *lake, struct arena *arena)
{
    struct str host, rest = lake_base_url(lake);
    size_t start = str_find(rest, S("://"));
    if (start != STR_NPOS)
        rest = str_from(rest, start + 3);
    (void)str_cut(&rest, ':', &host);
    bool is_name =
        host.len > 0 && !(host.ptr[0] >= '0' && host.ptr[0] <= '9') && host.ptr[0] != '[';
    return str_format(arena, "127.0.0.1 localhost sandbox%s%.*s\n", is_name ? " " : "",
                      is_name ? (int)host.len : 0, is_name ? host.ptr : "");
}

enum err runtime_folder(struct lake *lake, struct arena *arena, char **out_folder,
                        struct error *error)
{
    const struct {
        const char *name;
        struct str text;
    } files[] = {
        {"etc/hosts", hosts(lake, arena)},
        {"etc/nsswitch.conf", S("hosts: files\npasswd: files\ngroup: files\n")},
        {"etc/passwd",
         S("root:x:0:0::/root:/sbin/nologin\nsbx_user:x:993:990::/tmp:/sbin/nologin\n")},
        {"etc/group", S("root:x:0:\nsbx_user:x:990:\n")},
        {"bootstrap.py", str_of(RUNTIME_PYTHON)},
        {"bootstrap.mjs", str_of(RUNTIME_NODE)},
    };
    size_t count = sizeof files / sizeof *files;
    char *folder = str_cstr(arena, str_format(arena, "%s/functions/runtime", lake_folder(lake)));
    char *last = str_cstr(arena, str_format(arena, "%s/%s", folder, files[count - 1].name));
    if (!file_exists(last)) {
        TRY(folder_make(folder, 0755, error));
        TRY(folder_make(str_cstr(arena, str_format(arena, "%s/etc", folder)), 0755, error));
        for (size_t i = 0; i < count; i++) {
            char *path = str_cstr(arena, str_format(arena, "%s/%s", folder, files[i].name));
            TRY(file_write_atomic(path, files[i].text, 0644, error));
        }
    }
    *out_folder = folder;
    return OK;
}
