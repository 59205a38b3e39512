// SPDX-License-Identifier: Apache-2.0
// Starting an environment: code unpacked, a credential of the role, the variables that AWS
// documents, the runtime's bootstrap, the sandbox.
//
// This runs on a launcher thread. The environment is ours alone while it is STARTING (others only
// set `retiring`), so that its members are read without the mutex; it is taken for the moment of
// handing over.
//
// Credentials are kept by role and shared by its environments, as making one is a durable commit.
#include "services/lambda/engine_internal.h"

#include "base/timefmt.h"
#include "lake/credentials.h"
#include "os/file.h"
#include "services/lambda/code.h"
#include "services/lambda/runtimes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREDENTIAL_MS ((int64_t)12 * 3600 * 1000)
#define CREDENTIAL_LEFT_MS_MIN ((int64_t)6 * 3600 * 1000)
#define PROCESSES_MAX 1024
#define VARIABLES_MAX 512

struct role_credential {
    struct role_credential *next;
    struct str role, function; // the session is named after the function
    struct str access_key, secret_key, session_token;
    int64_t expires_ms;
};

struct launch {
    struct environment *environment;
    struct arena arena; // of this launch
    struct runtime runtime;
    char *code_folder, *runtime_folder;
    struct role_credential credential;
    const char *variables[VARIABLES_MAX];
    size_t variable_count;
    struct str failure; // AWS's error object, when the function itself is at fault
    struct error error;
};

// --- the role's credential

static bool credential_cached(struct engine *engine, struct str role, struct str function,
                              struct role_credential *out)
{
    bool found = false;
    int64_t now_ms = clock_now_ms(lake_clock(engine->lake));
    pthread_mutex_lock(&engine->mutex);
    for (struct role_credential *c = engine->credentials; c && !found; c = c->next)
        if (str_eq(c->role, role) && str_eq(c->function, function) &&
            c->expires_ms - now_ms > CREDENTIAL_LEFT_MS_MIN) {
            *out = *c;
            found = true;
        }
    pthread_mutex_unlock(&engine->mutex);
    return found;
}

static void credential_keep(struct engine *engine, const struct role_credential *credential)
{
    pthread_mutex_lock(&engine->mutex);
    struct role_credential *kept = ARENA_NEW(&engine->arena, struct role_credential);
    *kept = (struct role_credential){
        .next = engine->credentials,
        .role = str_dup(&engine->arena, credential->role),
        .function = str_dup(&engine->arena, credential->function),
        .access_key = str_dup(&engine->arena, credential->access_key),
        .secret_key = str_dup(&engine->arena, credential->secret_key),
        .session_token = str_dup(&engine->arena, credential->session_token),
        .expires_ms = credential->expires_ms,
    };
    engine->credentials = kept;
    pthread_mutex_unlock(&engine->mutex);
}

static enum err take_credential(struct launch *launch)
{
    struct environment *e = launch->environment;
    struct engine *engine = e->engine;
    struct str role = json_str(json_get(e->function, "config"), "Role");
    if (!credential_cached(engine, role, e->name, &launch->credential)) {
        struct arena *arena = &launch->arena;
        struct principal principal = lake_service_principal(arena, "lambda.amazonaws.com");
        struct json *input = json_object(arena), *reply;
        json_set_str(arena, input, "Role", role);
        json_set_str(arena, input, "FunctionName", e->name);
        json_set_i64(arena, input, "DurationMs", CREDENTIAL_MS);
        struct call *call = lake_call(engine->lake, arena, &principal, e->region);
        if (lake_run_blocking(call, "lambda", "CreateFunctionCredential", input, &reply) != OK)
            return error_set(&launch->error, ERR_IO, "no credential for its role: %s",
                             call->error.text);
        launch->credential = (struct role_credential){
            .role = role,
            .function = e->name,
            .access_key = json_str(reply, "AccessKey"),
            .secret_key = json_str(reply, "SecretKey"),
            .session_token = json_str(reply, "SessionToken"),
            .expires_ms = json_i64_or(reply, "ExpiresMs", 0),
        };
        credential_keep(engine, &launch->credential);
    }
    e->credential_expires_ms = launch->credential.expires_ms;
    return OK;
}

// --- its variables

static void set_variable(struct launch *launch, const char *name, struct str value)
{
    if (launch->variable_count < VARIABLES_MAX - 1)
        launch->variables[launch->variable_count++] =
            str_cstr(&launch->arena, str_format(&launch->arena, "%s=%.*s", name, STR_ARG(value)));
}

static struct str endpoint_port(struct engine *engine)
{
    struct str url = lake_base_url(engine->lake);
    size_t colon = str_rfind_char(url, ':');
    struct str port = colon == STR_NPOS ? STR_NONE : str_from(url, colon + 1);
    int64_t number;
    return str_to_i64(port, &number) ? port : S("4566");
}

static void set_variables(struct launch *launch)
{
    struct environment *e = launch->environment;
    struct arena *arena = &launch->arena;
    const struct json *config = json_get(e->function, "config");
    struct str runtime = json_str(config, "Runtime");
    set_variable(launch, "_HANDLER", json_str(config, "Handler"));
    set_variable(launch, "AWS_REGION", e->region);
    set_variable(launch, "AWS_DEFAULT_REGION", e->region);
    set_variable(launch, "AWS_EXECUTION_ENV",
                 str_format(arena, "AWS_Lambda_%.*s", STR_ARG(runtime)));
    set_variable(launch, "AWS_LAMBDA_FUNCTION_NAME", e->name);
    set_variable(launch, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                 str_format(arena, "%lld", (long long)e->memory_mb));
    set_variable(launch, "AWS_LAMBDA_FUNCTION_VERSION", e->version);
    set_variable(launch, "AWS_LAMBDA_INITIALIZATION_TYPE", S("on-demand"));
    set_variable(launch, "AWS_LAMBDA_LOG_GROUP_NAME", e->log_group);
    set_variable(launch, "AWS_LAMBDA_LOG_STREAM_NAME", e->log_stream);
    set_variable(launch, "AWS_LAMBDA_RUNTIME_API",
                 str_format(arena, "127.0.0.1:%d", RUNTIME_API_PORT));
    set_variable(launch, "AWS_ACCESS_KEY_ID", launch->credential.access_key);
    set_variable(launch, "AWS_SECRET_ACCESS_KEY", launch->credential.secret_key);
    set_variable(launch, "AWS_SESSION_TOKEN", launch->credential.session_token);
    set_variable(launch, "AWS_ENDPOINT_URL",
                 str_format(arena, "http://127.0.0.1:%.*s", STR_ARG(endpoint_port(e->engine))));
    set_variable(launch, "LAMBDA_TASK_ROOT", S("/var/task"));
    set_variable(launch, "LAMBDA_RUNTIME_DIR", S("/var/runtime"));
    set_variable(launch, "LANG", S("en_US.UTF-8"));
    set_variable(launch, "TZ", S(":UTC"));
    set_variable(launch, "PATH", S("/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin"));
    set_variable(launch, "LD_LIBRARY_PATH", S("/var/task:/var/task/lib:/opt/lib"));
    set_variable(launch, "HOME", S("/tmp"));
    JSON_EACH_MEMBER (m, json_get(json_get(config, "Environment"), "Variables"))
        set_variable(launch, str_cstr(arena, m->name), json_as_str(m->value));
    launch->variables[launch->variable_count] = NULL;
}

// --- where its log goes

static void name_log(struct environment *e)
{
    struct str group =
        json_str(json_get(json_get(e->function, "config"), "LoggingConfig"), "LogGroup");
    e->log_group = group.len ? group : str_format(&e->arena, "/aws/lambda/%.*s", STR_ARG(e->name));
    struct civil now = civil_from_ms(clock_now_ms(lake_clock(e->engine->lake)));
    struct str suffix =
        random_text(lake_random(e->engine->lake), &e->arena, "0123456789abcdef", 32);
    e->log_stream = str_format(&e->arena, "%04d/%02d/%02d/[%.*s]%.*s", now.year, now.month, now.day,
                               STR_ARG(e->version), STR_ARG(suffix));
}

// --- the steps

static enum err find_program(struct launch *launch)
{
    struct environment *e = launch->environment;
    TRY(runtime_find(json_str(json_get(e->function, "config"), "Runtime"), &launch->runtime,
                     &launch->error));
    if (launch->runtime.bootstrap)
        return OK;
    char *bootstrap =
        str_cstr(&launch->arena, str_format(&launch->arena, "%s/bootstrap", launch->code_folder));
    if (access(bootstrap, X_OK) == 0)
        return OK;
    launch->failure =
        failure_json(&launch->arena, S("%s"), "Runtime.InvalidEntrypoint",
                     "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
    return error_set(&launch->error, ERR_INVALID,
                     "there is no executable bootstrap in the package");
}

// Found out once. Two launchers may both find out: they find the same.
static enum err probe_sandbox(struct engine *engine, struct error *error)
{
    struct error reason = {0};
    pthread_mutex_lock(&engine->mutex);
    bool probed = engine->probed, work = engine->sandboxes_work;
    if (probed && !work)
        reason = engine->probe_error;
    pthread_mutex_unlock(&engine->mutex);
    if (!probed) {
        work = sandbox_probe(&reason) == OK;
        pthread_mutex_lock(&engine->mutex);
        engine->probed = true;
        engine->sandboxes_work = work;
        engine->probe_error = reason;
        pthread_mutex_unlock(&engine->mutex);
    }
    return work ? OK : error_set(error, ERR_UNSUPPORTED, "%s", reason.text);
}

static enum err prepare(struct launch *launch)
{
    struct environment *e = launch->environment;
    struct engine *engine = e->engine;
    struct blob code;
    name_log(e);
    e->memory_mb = json_i64_or(json_get(e->function, "config"), "MemorySize", 128);
    if (!lake_http_server(engine->lake))
        return error_set(&launch->error, ERR_UNSUPPORTED,
                         "functions run only while the lake is served");
    TRY(probe_sandbox(engine, &launch->error));
    TRY(blob_from_json(json_get(e->function, "code"), &code));
    TRY(code_folder(engine->lake, &launch->arena, json_str(e->function, "sha256"), &code,
                    &launch->code_folder, &launch->error));
    TRY(runtime_folder(engine->lake, &launch->arena, &launch->runtime_folder, &launch->error));
    TRY(find_program(launch));
    TRY(take_credential(launch));
    set_variables(launch);
    return OK;
}

static enum err start_process(struct launch *launch, struct sandbox *out_sandbox, int *out_output)
{
    struct environment *e = launch->environment;
    int64_t port = 4566;
    (void)str_to_i64(endpoint_port(e->engine), &port);
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0 || fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)
        return error_set(&launch->error, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    struct sandbox_mount mounts[] = {{launch->code_folder, "/var/task"},
                                     {launch->runtime_folder, "/var/runtime"}};
    static const struct sandbox_link LINKS[] = {
        // who am I, where is localhost
        {"/etc/hosts", "/var/runtime/etc/hosts"},
        {"/etc/nsswitch.conf", "/var/runtime/etc/nsswitch.conf"},
        {"/etc/passwd", "/var/runtime/etc/passwd"},
        {"/etc/group", "/var/runtime/etc/group"},
    };
    const char *const argv[] = {launch->runtime.program, launch->runtime.bootstrap, NULL};
    const struct json *tmp = json_get(json_get(e->function, "config"), "EphemeralStorage");
    struct sandbox_spec spec = {
        .argv = argv,
        .environment = launch->variables,
        .mounts = mounts,
        .mount_count = 2,
        .links = LINKS,
        .link_count = sizeof LINKS / sizeof *LINKS,
        .folder = "/var/task",
        .ports = {(uint16_t)port, RUNTIME_API_PORT},
        .memory_bytes_max = (uint64_t)e->memory_mb << 20,
        .processes_max = PROCESSES_MAX,
        .tmp_bytes_max = (uint64_t)json_i64_or(tmp, "Size", 512) << 20,
        .output_fd = output[1],
    };
    enum err err = sandbox_start(&spec, out_sandbox, &launch->error);
    close(output[1]);
    if (err != OK)
        close(output[0]);
    else
        *out_output = output[0];
    return err;
}

static void hand_over(struct launch *launch, const struct sandbox *sandbox, int output_fd)
{
    struct environment *e = launch->environment;
    struct engine *engine = e->engine;
    pthread_mutex_lock(&engine->mutex);
    runtime_api_serve(engine, lake_http_server(engine->lake));
    e->sandbox = *sandbox;
    e->output_fd = output_fd;
    e->process_fd = (int)syscall(SYS_pidfd_open, sandbox->pid, 0);
    e->state = ENVIRONMENT_INITIALISING;
    e->since_us = engine_now_us(engine);
    e->deadline_us = e->since_us + INIT_US_MAX;
    loop_watch(e);
    if (e->retiring)
        environment_kill(e);
    loop_wake(engine);
    pthread_mutex_unlock(&engine->mutex);
}

// Who waited for it hears why; it never was.
static void give_up(struct launch *launch)
{
    struct environment *e = launch->environment;
    struct engine *engine = e->engine;
    struct finished finished = {0};
    pthread_mutex_lock(&engine->mutex);
    struct invocation *invocation = e->retiring ? NULL : engine_take_pending(engine, e);
    if (invocation && launch->failure.len) {
        finished_add(&finished, invocation, INVOCATION_FAILED,
                     str_replace(&invocation->arena, launch->failure, S("%s"), invocation->id));
    } else if (invocation) {
        snprintf(invocation->message, sizeof invocation->message, "%.500s", launch->error.text);
        finished_add(&finished, invocation, INVOCATION_REFUSED, STR_NONE);
    }
    environment_remove(e);
    engine_start_missing(engine);
    pthread_mutex_unlock(&engine->mutex);
    finished_call(&finished);
}

void environment_launch(void *argument)
{
    struct launch *launch = calloc(1, sizeof *launch);
    if (!launch)
        abort();
    launch->environment = argument;
    arena_init(&launch->arena);
    struct sandbox sandbox;
    int output_fd = -1;
    enum err err = launch->environment->retiring ? ERR_CANCELLED : prepare(launch);
    if (err == OK)
        err = start_process(launch, &sandbox, &output_fd);
    if (err == OK)
        hand_over(launch, &sandbox, output_fd);
    else
        give_up(launch);
    arena_deinit(&launch->arena);
    free(launch);
}
