# SPDX-License-Identifier: Apache-2.0
# The runtime of python3.* functions: loads "file.function" from the task's folder and serves the Runtime API.
import http.client, importlib, json, os, sys, time, traceback

TASK_ROOT = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime/"


class Api:
    """One kept connection; opened again when it was lost between requests."""

    def __init__(self):
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(API)
            try:
                self.connection.request(method, BASE + path, body, headers or {})
                response = self.connection.getresponse()
                return response, response.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise


class CognitoIdentity:
    def __init__(self, identity=None):
        identity = identity or {}
        self.cognito_identity_id = identity.get("cognitoIdentityId")
        self.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, client):
        self.installation_id = client.get("installation_id")
        self.app_title = client.get("app_title")
        self.app_version_name = client.get("app_version_name")
        self.app_version_code = client.get("app_version_code")
        self.app_package_name = client.get("app_package_name")


class ClientContext:
    def __init__(self, context):
        self.custom = context.get("custom")
        self.env = context.get("env")
        self.client = Client(context["client"]) if context.get("client") else None


class LambdaContext:
    def __init__(self, headers):
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self.identity = CognitoIdentity()
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def describe(error, skip_frames=0):
    frames = traceback.extract_tb(error.__traceback__)[skip_frames:]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": "",
        "stackTrace": traceback.format_list(frames),
    }


def load_handler():
    name = os.environ.get("_HANDLER", "")
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise ValueError("Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        failure = ImportError("Unable to import module '%s': %s" % (module_name, error))
        failure.lambda_type = "Runtime.ImportModuleError"
        raise failure from error
    except SyntaxError as error:
        failure = SyntaxError("Syntax error in module '%s': %s" % (module_name, error))
        failure.lambda_type = "Runtime.UserCodeSyntaxError"
        raise failure from error
    if not hasattr(module, function_name):
        failure = AttributeError("Handler '%s' missing on module '%s'" % (function_name, module_name))
        failure.lambda_type = "Runtime.HandlerNotFound"
        raise failure
    return getattr(module, function_name)


def set_up_logging():
    import logging

    class Formatter(logging.Formatter):
        converter = time.gmtime

        def format(self, record):
            record.aws_request_id = current["id"]
            return super().format(record)

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    logging.getLogger().addHandler(handler)


class EndpointForOldSdks:
    """botocore before 1.31 does not know AWS_ENDPOINT_URL, and would look for AWS where there is only Tarn. When its session
    module is imported, clients made without an endpoint get this one."""

    def find_spec(self, name, path=None, target=None):
        if name != "botocore.session":
            return None
        sys.meta_path.remove(self)
        import importlib.util

        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            self.patch(module)

        spec.loader.exec_module = exec_module
        return spec

    @staticmethod
    def patch(module):
        import botocore.configprovider

        if hasattr(botocore.configprovider, "ConfiguredEndpointProvider"):
            return  # it knows
        plain = module.Session.create_client

        def create_client(session, service_name, *args, **arguments):
            if len(args) < 4 and arguments.get("endpoint_url") is None:
                specific = "AWS_ENDPOINT_URL_" + service_name.upper().replace("-", "_")
                arguments["endpoint_url"] = os.environ.get(specific) or os.environ["AWS_ENDPOINT_URL"]
            return plain(session, service_name, *args, **arguments)

        module.Session.create_client = create_client


current = {"id": ""}


def encode(value):
    return json.dumps(value, default=refuse, ensure_ascii=False).encode("utf-8")


def refuse(value):
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def run_one(api, handler):
    response, payload = api.request("GET", "invocation/next")
    if response.status != 200:
        sys.exit(0)  # the environment ends
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    current["id"] = request_id
    os.environ["_X_AMZN_TRACE_ID"] = response.headers.get("Lambda-Runtime-Trace-Id", "")
    kind = None
    try:
        event = json.loads(payload.decode("utf-8")) if payload else None
        result = handler(event, LambdaContext(response.headers))
        try:
            body = encode(result)
        except (TypeError, ValueError) as error:
            kind = "Runtime.MarshalError"
            raise type(error)("Unable to marshal response: %s" % error) from None
        path = "invocation/%s/response" % request_id
        headers = {"Content-Type": "application/json"}
    except BaseException as error:
        if isinstance(error, SystemExit):
            sys.stdout.flush()
            raise
        failure = describe(error, 1)
        failure["requestId"] = request_id
        if kind:
            failure["errorType"] = kind
        print("[ERROR] %s: %s\nTraceback (most recent call last):\n%s" % (
            failure["errorType"], failure["errorMessage"], "".join(failure["stackTrace"])), end="")
        body = encode(failure)
        path = "invocation/%s/error" % request_id
        headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    sys.stdout.flush()
    sys.stderr.flush()
    api.request("POST", path, body, headers)


def main():
    api = Api()
    sys.path[:1] = [TASK_ROOT, "/opt/python"]
    sys.dont_write_bytecode = True
    sys.argv = [os.environ.get("_HANDLER", "")]
    sys.stdout.reconfigure(line_buffering=True)
    set_up_logging()
    if os.environ.get("AWS_ENDPOINT_URL"):
        sys.meta_path.insert(0, EndpointForOldSdks())
    try:
        handler = load_handler()
    except BaseException as error:
        failure = describe(error, 1)
        failure["errorType"] = getattr(error, "lambda_type", failure["errorType"])
        print("[ERROR] %s: %s" % (failure["errorType"], failure["errorMessage"]), flush=True)
        api.request("POST", "init/error", encode(failure),
                    {"Lambda-Runtime-Function-Error-Type": failure["errorType"]})
        sys.exit(1)
    while True:
        run_one(api, handler)


if __name__ == "__main__":
    main()
