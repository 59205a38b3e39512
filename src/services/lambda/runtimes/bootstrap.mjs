// SPDX-License-Identifier: Apache-2.0
// The runtime of nodejs* functions: loads "file.function" (CommonJS or ES module) from the task's folder and serves the
// Runtime API. Handlers may be async, return a promise, or call back.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { format } from "node:util";

const TASK_ROOT = process.env.LAMBDA_TASK_ROOT || "/var/task";
const [API_HOST, API_PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const BASE = "/2018-06-01/runtime/";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function once(method, target, body, headers) {
    return new Promise((resolve, reject) => {
        const request = http.request(
            { host: API_HOST, port: API_PORT, method, path: BASE + target, agent, headers },
            (response) => {
                const pieces = [];
                response.on("data", (piece) => pieces.push(piece));
                response.on("end", () =>
                    resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString() }));
                response.on("error", reject);
            });
        request.on("error", reject);
        request.end(body);
    });
}

async function call(method, target, body, headers = {}) {
    if (body !== undefined)
        headers = { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    try {
        return await once(method, target, body, headers);
    } catch (error) {
        return await once(method, target, body, headers); // the kept connection was lost
    }
}

function describe(error) {
    if (error instanceof Error)
        return { errorType: error.name, errorMessage: error.message, trace: (error.stack || "").split("\n") };
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

let requestId = "";
for (const [method, level] of [["log", "INFO"], ["info", "INFO"], ["warn", "WARN"], ["error", "ERROR"], ["debug", "DEBUG"], ["trace", "TRACE"]])
    console[method] = (...args) =>
        fs.writeSync(1, `${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${format(...args).replace(/\n/g, "\r")}\n`);

function problem(type, message) {
    const error = new Error(message);
    error.name = type;
    return error;
}

async function loadModule(file) {
    const found = [file + ".js", file + ".mjs", file + ".cjs", path.join(file, "index.js")].find((name) => fs.existsSync(name));
    if (!found) {
        const name = path.basename(file);
        throw problem("Runtime.ImportModuleError", `Error: Cannot find module '${name}'`);
    }
    try {
        if (found.endsWith(".mjs") || isModuleFolder(path.dirname(found)) && !found.endsWith(".cjs"))
            return await import(pathToFileURL(found).href);
        return createRequire(found)(found);
    } catch (error) {
        if (error instanceof SyntaxError)
            throw problem("Runtime.UserCodeSyntaxError", String(error));
        if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND")
            throw problem("Runtime.ImportModuleError", `Error: ${error.message}`);
        throw error;
    }
}

function isModuleFolder(folder) {
    for (; folder.startsWith(TASK_ROOT); folder = path.dirname(folder)) {
        const file = path.join(folder, "package.json");
        if (fs.existsSync(file))
            return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
    }
    return false;
}

async function loadHandler() {
    const name = process.env._HANDLER || "";
    const base = path.basename(name);
    const dot = base.indexOf(".");
    if (dot < 0)
        throw problem("Runtime.MalformedHandlerName", "Bad handler");
    const module = await loadModule(path.join(TASK_ROOT, path.dirname(name), base.slice(0, dot)));
    let handler = module;
    for (const part of base.slice(dot + 1).split("."))
        handler = handler?.[part] ?? (handler === module ? module.default?.[part] : undefined);
    if (handler === undefined)
        throw problem("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
    if (typeof handler !== "function")
        throw problem("Runtime.HandlerNotFound", `${name} is not a function`);
    return handler;
}

function contextOf(headers, settle) {
    const deadline = Number(headers["lambda-runtime-deadline-ms"]);
    const clientContext = headers["lambda-runtime-client-context"];
    return {
        awsRequestId: headers["lambda-runtime-aws-request-id"],
        invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
        functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
        functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
        memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
        logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
        clientContext: clientContext ? JSON.parse(clientContext) : undefined,
        identity: undefined,
        callbackWaitsForEmptyEventLoop: true,
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
        succeed: (value) => settle(null, value),
        fail: (error) => settle(error ?? new Error("null")),
        done: (error, value) => settle(error, value),
    };
}

function runHandler(handler, event, headers) {
    return new Promise((resolve, reject) => {
        const settle = (error, value) => (error ? reject(error) : resolve(value));
        const answer = handler(event, contextOf(headers, settle), settle);
        if (answer && typeof answer.then === "function")
            answer.then(resolve, reject);
        else if (handler.length < 3 && answer !== undefined)
            resolve(answer);
        else if (handler.length < 2)
            resolve(answer); // it can neither call back nor end the context
    });
}

const loaded = loadHandler();
let failed;
try {
    await loaded;
} catch (error) {
    failed = describe(error);
    fs.writeSync(1, `${new Date().toISOString()}\tundefined\tERROR\tUncaught Exception\t${JSON.stringify(failed)}\n`);
    await call("POST", "init/error", JSON.stringify(failed), { "Lambda-Runtime-Function-Error-Type": failed.errorType });
    process.exit(1);
}
const handler = await loaded;

process.on("uncaughtException", (error) => fail(error).then(() => process.exit(129)));
process.on("unhandledRejection", (error) => fail(error).then(() => process.exit(128)));

async function fail(error) {
    const failure = describe(error);
    fs.writeSync(1, `${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error\t${JSON.stringify(failure)}\n`);
    await call("POST", `invocation/${requestId}/error`, JSON.stringify(failure), { "Lambda-Runtime-Function-Error-Type": "Unhandled" });
}

for (;;) {
    const next = await call("GET", "invocation/next");
    if (next.status !== 200)
        process.exit(0); // the environment ends
    requestId = next.headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"];
    try {
        const answer = await runHandler(handler, next.body ? JSON.parse(next.body) : undefined, next.headers);
        const text = JSON.stringify(answer === undefined ? null : answer);
        await call("POST", `invocation/${requestId}/response`, text);
    } catch (error) {
        await fail(error);
    }
}
