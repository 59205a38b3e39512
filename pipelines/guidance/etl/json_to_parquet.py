# SPDX-License-Identifier: Apache-2.0
"""The conversion as a Glue Spark job: every table of the stage database becomes Parquet below the target path.

On AWS this script runs as it is. Tarn's embedded engine takes the same arguments and does the same work, with the job's
bookmark, without starting Spark.
"""
import sys

import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source_database", "target_path", "codec"])
context = GlueContext(SparkContext.getOrCreate())
job = Job(context)
job.init(args["JOB_NAME"], args)

glue = boto3.client("glue")
pages = glue.get_paginator("get_tables").paginate(DatabaseName=args["source_database"])
for table in sorted(table["Name"] for page in pages for table in page["TableList"]):
    rows = context.create_dynamic_frame.from_catalog(
        database=args["source_database"], table_name=table, transformation_ctx=f"read_{table}")
    if rows.count():
        context.write_dynamic_frame.from_options(
            frame=rows, connection_type="s3", format="parquet", transformation_ctx=f"write_{table}",
            connection_options={"path": f"{args['target_path'].rstrip('/')}/{table}/"},
            format_options={"compression": args["codec"]})

job.commit()
