"""A store in a bucket of S3, or of anything that speaks its protocol with conditional writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from govcloud.engine.stores.store import Record, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "409", "PreconditionFailed", "ConditionalRequestConflict"})
KNOWN = frozenset({"region", "endpoint", "s3ForcePathStyle", "disableSSL", "awssdk", "profile"})
"""What Pulumi understands of the URL's query."""


class Bucket:
    """A bucket, named as Pulumi names it: `s3://bucket/prefix?region=…&endpoint=…`.

    The account comes from the environment or the files of the AWS tools, as it does for Pulumi.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := query.keys() - KNOWN:
            raise StoreError(f"`{sorted(unknown)[0]}` means nothing there", url, f"known: {sorted(KNOWN)}")
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        self._client = self._connect(query)

    def _connect(self, query: Mapping[str, str]) -> S3Client:
        style: Literal["path", "auto"] = "path" if query.get("s3ForcePathStyle") == "true" else "auto"
        settings = Config(
            s3={"addressing_style": style},
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=10,
            read_timeout=60,
        )
        with self._told("connect"):
            session = boto3.Session(profile_name=query.get("profile"), region_name=query.get("region"))
            return session.client("s3", endpoint_url=_endpoint(query), config=settings)

    @property
    def environment(self) -> Mapping[str, str]:
        """Pulumi's backend in the same bucket."""
        return {"PULUMI_BACKEND_URL": self.url}

    def names(self, prefix: str) -> list[str]:
        """The names below a prefix, of all pages."""
        with self._told("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return sorted(key.removeprefix(self._prefix) for key in keys)

    def read(self, name: str) -> bytes | None:
        """An object's content."""
        found = self.record(name)
        return found.content if found else None

    def record(self, name: str) -> Record | None:
        """An object's content; its age is what the server's clock says."""
        try:
            with self._told("read"):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                content = answer["Body"].read()
        except _Absent:
            return None
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age = (now - answer["LastModified"]).total_seconds()
        return Record(content, answer["ETag"], max(0.0, age))

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        self._put(name, content)

    def create(self, name: str, content: bytes) -> bool:
        """Put an object where there is none."""
        return self._put(name, content, IfNoneMatch="*") is not None

    def exchange(self, name: str, content: bytes, version: str) -> str | None:
        """Put an object in the place of that very version."""
        return self._put(name, content, IfMatch=version)

    def delete(self, name: str) -> None:
        """Delete an object."""
        with self._told("delete"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def _put(self, name: str, content: bytes, **condition: Any) -> str | None:
        try:
            with self._told("write"):
                answer = self._client.put_object(
                    Bucket=self._bucket, Key=self._prefix + name, Body=content, **condition
                )
        except (_Taken, _Absent):
            return None
        return answer["ETag"]

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in TAKEN:
                raise _Taken(str(error)) from error
            if code in ABSENT:
                raise _Absent(str(error)) from error
            raise self._failed(what, error) from error
        except (BotoCoreError, OSError) as error:
            raise self._failed(what, error) from error

    def _failed(self, what: str, error: Exception) -> StoreError:
        return StoreError(
            f"cannot {what}: {error}",
            self.url,
            "see that the bucket can be reached and the account may use it",
        )


class _Taken(Exception):
    """Something else stands there."""


class _Absent(Exception):
    """Nothing stands there."""


def _endpoint(query: Mapping[str, str]) -> str | None:
    endpoint = query.get("endpoint")
    if endpoint is None or "://" in endpoint:
        return endpoint
    return f"{'http' if query.get('disableSSL') == 'true' else 'https'}://{endpoint}"
