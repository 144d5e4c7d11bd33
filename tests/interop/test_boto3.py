"""boto3, the AWS SDK for Python: S3 with its own path rules and digests, other services, and presigned URLs."""

import io
import os
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from tests.interop.gateway import Arrived, Gateway, Guarded, Reply, new_secret

REGION = "eu-west-1"
S3 = Guarded(
    "aws-sigv4-header",
    "s3.eu-west-1.amazonaws.com",
    "AKIDBOTO300000000001",
    new_secret(),
    {"region": REGION, "service": "s3"},
)
DYNAMODB = Guarded(
    "aws-sigv4-header",
    "dynamodb.eu-west-1.amazonaws.com",
    "AKIDBOTO300000000002",
    new_secret(),
    {"region": REGION, "service": "dynamodb"},
)
SQS = Guarded(
    "aws-sigv4-header",
    "sqs.eu-west-1.amazonaws.com",
    "AKIDBOTO300000000003",
    new_secret(),
    {"region": REGION, "service": "sqs"},
)
PRESIGNED = Guarded(
    "aws-sigv4-query",
    "presigned.s3.eu-west-1.amazonaws.com",
    "AKIDBOTO300000000004",
    new_secret(),
    {"region": REGION, "service": "s3"},
)
GUARDED = [S3, DYNAMODB, SQS, PRESIGNED]


def client(service: str, gateway: Gateway, api: Guarded, secret: str, token: str | None = None) -> Any:
    config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, signature_version="s3v4")
    return boto3.client(
        service,
        endpoint_url=gateway.url(api),
        region_name=REGION,
        aws_access_key_id=api.access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=config if service == "s3" else Config(retries={"max_attempts": 0}),
    )


@pytest.mark.parametrize("key", ["plain.txt", "a folder/ä+b=c&d.txt", "a//b/../c"])
def test_s3_objects(key: str, gateway: Gateway) -> None:
    """Put, get, list: keys of all kinds are signed as they travel, and bodies under a digest."""
    content = os.urandom(300_000)

    def call(secret: str) -> None:
        s3 = client("s3", gateway, S3, secret)
        s3.put_object(Bucket="photos", Key=key, Body=content)
        s3.get_object(Bucket="photos", Key=key)

    def reply(arrived: Arrived) -> Reply:
        return Reply(b"", {"ETag": '"1"'})

    put, got = gateway.prove(S3, call, reply)
    assert (put.method, put.body) == ("PUT", content)
    assert got.method == "GET"


def test_s3_from_a_stream(gateway: Gateway) -> None:
    """A file whose bytes are read while they are sent."""
    content = os.urandom(2_000_000)

    def call(secret: str) -> None:
        client("s3", gateway, S3, secret).put_object(Bucket="photos", Key="large", Body=io.BytesIO(content))

    (put,) = gateway.prove(S3, call, Reply(b"", {"ETag": '"1"'}))
    assert put.body == content


def test_s3_with_a_session_token(gateway: Gateway) -> None:
    """The token of temporary credentials travels and is signed."""
    empty = b'<?xml version="1.0"?><ListBucketResult><Name>photos</Name></ListBucketResult>'

    def call(secret: str) -> None:
        s3 = client("s3", gateway, S3, secret, token="session/token==")
        s3.list_objects_v2(Bucket="photos", Prefix="a b+c/", Delimiter="/")

    (listed,) = gateway.prove(S3, call, Reply(empty, {"Content-Type": "application/xml"}))
    assert listed.headers["x-amz-security-token"] == "session/token=="


def test_dynamodb(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        dynamodb = client("dynamodb", gateway, DYNAMODB, secret)
        dynamodb.put_item(TableName="orders", Item={"id": {"S": "7"}, "note": {"S": "größer"}})

    (arrived,) = gateway.prove(DYNAMODB, call, Reply(b"{}", {"Content-Type": "application/x-amz-json-1.0"}))
    assert b'"orders"' in arrived.body


def test_sqs(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        client("sqs", gateway, SQS, secret).list_queues(QueueNamePrefix="a")

    gateway.prove(SQS, call, Reply(b"{}", {"Content-Type": "application/x-amz-json-1.0"}))


@pytest.mark.parametrize("method", ["get_object", "put_object"])
def test_presigned_urls(method: str, gateway: Gateway) -> None:
    """A URL that anyone may use until it expires."""

    def call(secret: str) -> None:
        s3 = client("s3", gateway, PRESIGNED, secret)
        url = s3.generate_presigned_url(method, {"Bucket": "photos", "Key": "a folder/ä.txt"}, ExpiresIn=120)
        requests.request(
            method[:3].upper(), url, data=b"" if method[0] == "g" else b"abc", timeout=60
        ).raise_for_status()

    (arrived,) = gateway.prove(PRESIGNED, call)
    assert "X-Amz-Expires=120" in arrived.target
