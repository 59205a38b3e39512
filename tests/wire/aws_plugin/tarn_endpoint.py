# SPDX-License-Identifier: Apache-2.0
"""A plugin of aws-cli: every client goes to $AWS_ENDPOINT_URL.

aws-cli does so by itself from 2.13 on. Debian's 2.9 knows --endpoint-url only, and `cloudformation package` and `deploy` do not
give that to their S3 clients.
"""
import os


def awscli_initialize(hooks):
    hooks.register("session-initialized", _set_endpoint)


def _set_endpoint(session, **_):
    create = session.create_client

    def create_client(service_name, *arguments, endpoint_url=None, **options):
        return create(service_name, *arguments, endpoint_url=endpoint_url or os.environ["AWS_ENDPOINT_URL"], **options)

    session.create_client = create_client
