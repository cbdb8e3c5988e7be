"""Signed addresses are those of Amazon's own example."""

from datetime import UTC, datetime, timedelta

from millpond.artifacts.signing import S3Keys, sign_s3


def test_an_address_is_signed_as_in_the_documentation_of_s3():
    signed = sign_s3(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {},
        "us-east-1",
        S3Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        timedelta(days=1),
        datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed.startswith("https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=")
    assert signed.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_a_token_of_a_session_is_signed_with_the_rest():
    keys = S3Keys("key", "secret", "to/ken=")
    signed = sign_s3(
        "PUT",
        "http://127.0.0.1:9000/bucket/a%20b",
        {"partNumber": "1", "uploadId": "x+y/"},
        "eu-west-1",
        keys,
        timedelta(hours=1),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert "X-Amz-Security-Token=to%2Fken%3D" in signed
    assert "uploadId=x%2By%2F" in signed
    assert signed.startswith("http://127.0.0.1:9000/bucket/a%20b?")
    assert "secret" not in signed
    assert "secret" not in repr(keys)
