"""The stream is split as it was joined, whatever pieces it comes in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.abci.framing import FrameReader, FramingError, framed, varint


def pieces(data, cuts):
    """Return a function that gives a stream in pieces."""
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    parts = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    parts = [part for part in parts if part]
    return lambda _: parts.pop(0) if parts else b""


def read(reader):
    frames = []
    while True:
        while (frame := reader.take()) is not None:
            frames.append(frame)
        if not reader.fill():
            return frames


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(0, 2_000), max_size=20))
def test_frames_come_out_as_they_went_in(payloads, cuts):
    stream = b"".join(framed(payload) for payload in payloads)
    assert read(FrameReader(pieces(stream, cuts))) == payloads


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_stream_cut_within_a_frame_is_refused(payload, data):
    stream = framed(payload)
    cut = data.draw(st.integers(1, len(stream) - 1))
    with pytest.raises(FramingError, match="within a message"):
        read(FrameReader(pieces(stream[:cut], [])))


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(stream):
    with contextlib.suppress(FramingError):
        read(FrameReader(pieces(stream, [3, 7]), limit=64))


@pytest.mark.parametrize("stream", [varint(65), b"\xff" * 5, b"\x80" * 9, varint(2**31 - 1)])
def test_a_length_over_the_limit_is_refused_before_its_bytes_come(stream):
    reader = FrameReader(pieces(stream, []), limit=64)
    reader.fill()
    with pytest.raises(FramingError):
        reader.take()


@pytest.mark.parametrize(("value", "encoded"), [
    (0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (2**31 - 1, "ffffffff07"),
])
def test_varints_are_those_of_protobuf(value, encoded):
    assert varint(value).hex() == encoded
