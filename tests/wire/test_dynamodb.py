# SPDX-License-Identifier: Apache-2.0
"""DynamoDB with boto3: tables, items, expressions, queries, scans, batches, transactions."""
import base64
import decimal

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def db(lake):
    client = lake.client("dynamodb")
    client.create_table(
        TableName="events", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}, {"AttributeName": "when", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "who", "AttributeType": "S"}, {"AttributeName": "when", "AttributeType": "N"}])
    client.get_waiter("table_exists").wait(TableName="events")
    client.create_table(
        TableName="plain", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    return client


def key(item_id):
    return {"id": {"S": item_id}}


def put(db, item_id, **attributes):
    db.put_item(TableName="plain", Item={**key(item_id), **attributes})


def get(db, item_id):
    return db.get_item(TableName="plain", Key=key(item_id)).get("Item")


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response


def update(db, item_id, expression, names=None, values=None, **more):
    arguments = {"TableName": "plain", "Key": key(item_id), "UpdateExpression": expression, **more}
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = values
    return db.update_item(**arguments)


def test_table_lifecycle(lake, db):
    shown = db.describe_table(TableName="events")["Table"]
    assert shown["TableStatus"] == "ACTIVE" and shown["TableArn"].endswith("table/events")
    assert {"events", "plain"} <= set(db.list_tables()["TableNames"])
    refused("ResourceInUseException", db.create_table, TableName="plain", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    refused("ResourceNotFoundException", db.describe_table, TableName="nothing")
    refused("ValidationException", db.create_table, TableName="bad", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[])


def test_a_deleted_table_comes_back_empty(lake, db, wait_until):
    schema = dict(BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                  AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    db.create_table(TableName="short", **schema)
    db.put_item(TableName="short", Item=key("a"))
    db.delete_table(TableName="short")
    refused("ResourceNotFoundException", db.get_item, TableName="short", Key=key("a"))
    db.create_table(TableName="short", **schema)
    assert "Item" not in db.get_item(TableName="short", Key=key("a"))


def test_every_type_comes_back_as_it_went(db):
    item = {"s": {"S": "Zürich"}, "n": {"N": "-12.5"}, "b": {"B": b"\x00\xff"}, "t": {"BOOL": True}, "z": {"NULL": True},
            "m": {"M": {"x": {"L": [{"N": "1"}, {"S": "two"}]}}}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]},
            "bs": {"BS": [b"x"]}}
    put(db, "types", **item)
    assert get(db, "types") == {**key("types"), **item}


@pytest.mark.parametrize("given,expected", [
    ("1", "1"), ("001.500", "1.5"), ("1e3", "1000"), ("-0", "0"), ("1E-5", "0.00001"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
])
def test_numbers_are_exact(db, given, expected):
    put(db, "number", n={"N": given})
    assert get(db, "number")["n"] == {"N": expected}


@pytest.mark.parametrize("given", ["1" * 39, "1e126", "1e-131", "abc", ""])
def test_numbers_out_of_range_are_refused(db, given):
    refused("ValidationException", db.put_item, TableName="plain", Item={**key("x"), "n": {"N": given}})


def test_conditions(db):
    put(db, "c", n={"N": "5"}, s={"S": "hello"}, tags={"SS": ["a", "b"]})

    def holds(expression, **values):
        arguments = dict(TableName="plain", Key=key("c"), ConditionExpression=expression)
        if values:
            arguments["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
        try:
            db.update_item(UpdateExpression="SET touched = if_not_exists(touched, s)", **arguments)
            return True
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConditionalCheckFailedException", error
            return False

    assert holds("n = :v", v={"N": "5.0"})
    assert not holds("n <> :v", v={"N": "5"})
    assert holds("n BETWEEN :a AND :b", a={"N": "1"}, b={"N": "5"})
    assert holds("n IN (:a, :b)", a={"N": "1"}, b={"N": "5"})
    assert holds("attribute_exists(n) AND attribute_not_exists(gone)")
    assert holds("begins_with(s, :v)", v={"S": "he"})
    assert holds("contains(tags, :v)", v={"S": "b"})
    assert not holds("contains(s, :v)", v={"S": "bye"})
    assert holds("attribute_type(tags, :v)", v={"S": "SS"})
    assert holds("size(s) = :v", v={"N": "5"})
    assert holds("NOT (n < :v OR attribute_exists(gone))", v={"N": "5"})
    assert not holds("gone > :v", v={"N": "0"})


def test_a_failed_condition_changes_nothing(db):
    put(db, "kept", n={"N": "1"})
    refused("ConditionalCheckFailedException", db.put_item, TableName="plain", Item={**key("kept"), "n": {"N": "2"}},
            ConditionExpression="attribute_not_exists(id)")
    assert get(db, "kept")["n"] == {"N": "1"}


def test_updates(db):
    put(db, "u", n={"N": "1"}, list={"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]}, m={"M": {}}, tags={"SS": ["a"]})
    reply = update(db, "u", "SET n = n + :one, m.#deep = :text, list[1] = :one, fresh = if_not_exists(fresh, :one) ADD tags :more",
                   {"#deep": "x"}, {":one": {"N": "1"}, ":text": {"S": "t"}, ":more": {"SS": ["b"]}}, ReturnValues="ALL_NEW")
    item = reply["Attributes"]
    assert item["n"] == {"N": "2"} and item["m"] == {"M": {"x": {"S": "t"}}} and item["fresh"] == {"N": "1"}
    assert item["list"] == {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]} and sorted(item["tags"]["SS"]) == ["a", "b"]
    reply = update(db, "u", "REMOVE list[0], list[2] DELETE tags :a SET more = list_append(list, list)",
                   values={":a": {"SS": ["a", "b"]}}, ReturnValues="UPDATED_NEW")
    assert reply["Attributes"] == {"list": {"L": [{"N": "1"}]},
                                   "more": {"L": [{"N": n} for n in "012012"]}}
    assert "tags" not in get(db, "u")


def test_wrong_expressions_are_refused_in_words(db):
    put(db, "w")
    message = refused("ValidationException", db.update_item, TableName="plain", Key=key("w"), UpdateExpression="SET a = :v")["Error"]["Message"]
    assert ":v" in message and "not defined" in message
    message = refused("ValidationException", db.update_item, TableName="plain", Key=key("w"), UpdateExpression="SET = 1")["Error"]["Message"]
    assert 'Syntax error; token: "="' in message
    message = refused("ValidationException", db.update_item, TableName="plain", Key=key("w"), UpdateExpression="SET a = :v",
                      ExpressionAttributeValues={":v": {"S": "x"}, ":unused": {"S": "y"}})["Error"]["Message"]
    assert "unused in expressions: keys: {:unused}" in message
    refused("ValidationException", db.update_item, TableName="plain", Key=key("w"), UpdateExpression="SET id = :v",
            ExpressionAttributeValues={":v": {"S": "x"}})
    refused("ValidationException", db.put_item, TableName="plain", Item={"other": {"S": "x"}})
    refused("ValidationException", db.get_item, TableName="plain", Key={"id": {"N": "1"}})


def test_query_orders_numbers_and_pages(db):
    numbers = ["-10", "-1.5", "0", "0.5", "3", "20", "100"]
    for number in reversed(numbers):
        db.put_item(TableName="events", Item={"who": {"S": "ann"}, "when": {"N": number}})
    db.put_item(TableName="events", Item={"who": {"S": "anna"}, "when": {"N": "1"}})

    def query(forward=True):
        pages = db.get_paginator("query").paginate(
            TableName="events", KeyConditionExpression="who = :who", ExpressionAttributeValues={":who": {"S": "ann"}},
            ScanIndexForward=forward, PaginationConfig={"PageSize": 2})
        return [item["when"]["N"] for page in pages for item in page["Items"]]

    assert query() == numbers
    assert query(forward=False) == numbers[::-1]
    bound = {":a": {"N": "0"}}
    when = " AND #w {} :a"
    names = {"#w": "when"}

    def ranged(operator, forward=True):
        reply = db.query(TableName="events", KeyConditionExpression="who = :who" + when.format(operator),
                         ExpressionAttributeNames=names, ExpressionAttributeValues={":who": {"S": "ann"}, **bound},
                         ScanIndexForward=forward)
        return [item["when"]["N"] for item in reply["Items"]]

    for forward in (True, False):
        order = 1 if forward else -1
        assert ranged(">", forward) == numbers[3:][::order]
        assert ranged(">=", forward) == numbers[2:][::order]
        assert ranged("<", forward) == numbers[:2][::order]
        assert ranged("<=", forward) == numbers[:3][::order]
        assert ranged("=", forward) == ["0"]


def test_scan_filters_projects_and_splits(db):
    for i in range(10):
        put(db, f"scan{i}", n={"N": str(i)}, group={"S": "scan"})
    arguments = dict(TableName="plain", FilterExpression="#g = :g AND n >= :n", ProjectionExpression="id, n",
                     ExpressionAttributeNames={"#g": "group"}, ExpressionAttributeValues={":g": {"S": "scan"}, ":n": {"N": "5"}})
    whole = [item for page in db.get_paginator("scan").paginate(**arguments, PaginationConfig={"PageSize": 3}) for item in page["Items"]]
    assert sorted(item["n"]["N"] for item in whole) == list("56789") and all(set(item) == {"id", "n"} for item in whole)
    parts = [item for segment in range(3) for item in db.scan(**arguments, Segment=segment, TotalSegments=3)["Items"]]
    assert sorted(map(str, parts)) == sorted(map(str, whole))
    assert db.scan(**{k: v for k, v in arguments.items() if k != "ProjectionExpression"}, Select="COUNT")["Count"] == 5


def test_batches(db):
    db.batch_write_item(RequestItems={"plain": [{"PutRequest": {"Item": key(f"batch{i}")}} for i in range(25)]})
    reply = db.batch_get_item(RequestItems={"plain": {"Keys": [key(f"batch{i}") for i in range(25)] + [key("gone")]}})
    assert len(reply["Responses"]["plain"]) == 25 and not reply["UnprocessedKeys"]
    refused("ValidationException", db.batch_write_item, RequestItems={"plain": [
        {"PutRequest": {"Item": key("same")}}, {"DeleteRequest": {"Key": key("same")}}]})
    refused("ValidationException", db.batch_write_item,
            RequestItems={"plain": [{"PutRequest": {"Item": key(str(i))}} for i in range(26)]})


def test_transactions_are_all_or_nothing(db):
    put(db, "t1", n={"N": "1"})
    error = refused("TransactionCanceledException", db.transact_write_items, TransactItems=[
        {"Put": {"TableName": "plain", "Item": key("t2")}},
        {"ConditionCheck": {"TableName": "plain", "Key": key("t1"), "ConditionExpression": "n = :n",
                            "ExpressionAttributeValues": {":n": {"N": "2"}}}}])
    assert [reason["Code"] for reason in error["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert get(db, "t2") is None


def test_items_survive_a_kill(fresh_lake):
    db = fresh_lake.client("dynamodb")
    db.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    db.put_item(TableName="kept", Item=key("a"))
    fresh_lake.restart(kill=True)
    assert fresh_lake.client("dynamodb").get_item(TableName="kept", Key=key("a"))["Item"] == key("a")


def test_what_is_not_done_says_so(db):
    response = refused("NotImplemented", db.create_table, TableName="indexed", BillingMode="PAY_PER_REQUEST",
                       KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                       AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                       GlobalSecondaryIndexes=[{"IndexName": "by_id", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                                                "Projection": {"ProjectionType": "ALL"}}])
    assert "GlobalSecondaryIndexes" in response["Error"]["Message"] or "globalSecondaryIndexes" in response["Error"]["Message"]


def test_size_limit(db):
    refused("ValidationException", db.put_item, TableName="plain", Item={**key("big"), "s": {"S": "x" * (400 * 1024)}})
    put(db, "big", b={"B": base64.b64encode(b"y" * 1000)})
    assert decimal.Decimal(len(get(db, "big")["b"]["B"])) > 1000
