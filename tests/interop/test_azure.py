"""azure-storage-blob signs with Shared Key, and azure-appconfiguration for App Configuration."""

from __future__ import annotations

import json
from base64 import b64encode
from secrets import token_bytes

import pytest
from azure.appconfiguration import AzureAppConfigurationClient, ConfigurationSetting
from azure.core import MatchConditions
from azure.storage.blob import BlobServiceClient, ContentSettings

from tests.interop.gateway import Gateway, Guarded, Reply

BLOBS = Guarded("azure-sharedkey", "photos.blob.core.windows.net", "photos", b64encode(token_bytes(60)).decode())
SETTINGS = Guarded("azure-appconfig", "shop.azconfig.io", "0-l9-s0:id", b64encode(token_bytes(30)).decode())
GUARDED = [BLOBS, SETTINGS]
CREATED = Reply(b"", {"ETag": '"1"', "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT"}, 201)
SETTING = Reply(
    json.dumps({"key": "colour", "value": "red", "items": []}).encode(),
    {"Content-Type": "application/vnd.microsoft.appconfig.kv+json"},
)


def blobs(gateway: Gateway, secret: str) -> BlobServiceClient:
    credential = {"account_name": BLOBS.access_key_id, "account_key": secret}
    return BlobServiceClient(gateway.url(BLOBS), credential, retry_total=0)


class TestBlobs:
    """Shared Key."""

    @pytest.mark.parametrize("name", ["plain.txt", "a folder/größe+1 %~*'.txt"])
    @pytest.mark.parametrize("content", [b"hello", b""])
    def test_upload(self, gateway: Gateway, name: str, content: bytes) -> None:
        more = {"metadata": {"note": "some words"}, "content_settings": ContentSettings("text/plain", "gzip", "de")}

        def call(secret: str) -> None:
            blob = blobs(gateway, secret).get_blob_client("album", name)
            blob.upload_blob(content, overwrite=True, validate_content=True, **more)

        (arrived,) = gateway.prove(BLOBS, call, CREATED)
        assert arrived.body == content

    def test_upload_in_blocks(self, gateway: Gateway) -> None:
        def call(secret: str) -> None:
            service = BlobServiceClient(
                gateway.url(BLOBS),
                {"account_name": BLOBS.access_key_id, "account_key": secret},
                max_single_put_size=16,
                max_block_size=16,
                retry_total=0,
            )
            service.get_blob_client("album", "large").upload_blob(b"0123456789" * 5, overwrite=True)

        assert len(gateway.prove(BLOBS, call, CREATED)) > 2

    def test_download_in_part(self, gateway: Gateway) -> None:
        reply = Reply(b"0123456789", {"Content-Range": "bytes 0-9/10", "ETag": '"1"'}, 206)

        def call(secret: str) -> None:
            blobs(gateway, secret).get_blob_client("album", "a b").download_blob(0, 10).readall()

        gateway.prove(BLOBS, call, reply)

    def test_list_blobs(self, gateway: Gateway) -> None:
        reply = Reply(
            b"<?xml version='1.0'?><EnumerationResults><Blobs /><NextMarker /></EnumerationResults>",
            {"Content-Type": "application/xml"},
        )

        def call(secret: str) -> None:
            container = blobs(gateway, secret).get_container_client("album")
            list(container.list_blobs(name_starts_with="a b/ü", include=["metadata", "tags"]))

        gateway.prove(BLOBS, call, reply)

    def test_delete(self, gateway: Gateway) -> None:
        def call(secret: str) -> None:
            blob = blobs(gateway, secret).get_blob_client("album", "a")
            blob.delete_blob(delete_snapshots="include", etag='"1"', match_condition=MatchConditions.IfNotModified)

        gateway.prove(BLOBS, call, Reply(b"", {}, 202))

    def test_tags(self, gateway: Gateway) -> None:
        def call(secret: str) -> None:
            blobs(gateway, secret).get_blob_client("album", "a").set_blob_tags({"colour": "red"})

        gateway.prove(BLOBS, call, Reply(b"", {}, 204))


def settings(gateway: Gateway, secret: str) -> AzureAppConfigurationClient:
    text = f"Endpoint={gateway.url(SETTINGS)};Id={SETTINGS.access_key_id};Secret={secret}"
    return AzureAppConfigurationClient.from_connection_string(text, retry_total=0)


class TestSettings:
    """App Configuration."""

    @pytest.mark.parametrize("key", ["colour", "a key/größe+%*"])
    def test_set(self, gateway: Gateway, key: str) -> None:
        setting = ConfigurationSetting(key=key, label="a label", value="größe", tags={"a": "b"})
        (arrived,) = gateway.prove(
            SETTINGS, lambda secret: settings(gateway, secret).set_configuration_setting(setting), SETTING
        )
        assert arrived.method == "PUT"

    def test_get(self, gateway: Gateway) -> None:
        gateway.prove(
            SETTINGS, lambda secret: settings(gateway, secret).get_configuration_setting("colour", "a b"), SETTING
        )

    def test_list(self, gateway: Gateway) -> None:
        def call(secret: str) -> None:
            list(settings(gateway, secret).list_configuration_settings(key_filter="a*", label_filter="x y,z"))

        gateway.prove(SETTINGS, call, SETTING)

    def test_delete(self, gateway: Gateway) -> None:
        gateway.prove(SETTINGS, lambda secret: settings(gateway, secret).delete_configuration_setting("a"), SETTING)
