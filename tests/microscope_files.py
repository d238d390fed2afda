"""Small LIF and ND2 files, put together by hand after their formats: no program but the makers' writes them."""

from __future__ import annotations

import struct

import numpy as np

LUTS = ("Green", "Red", "Blue", "Gray")


def lif(*images: tuple[str, np.ndarray, tuple[float, float]]) -> bytes:
    """Return a Leica file of images: name, array (c, z, y, x) of uint8 or uint16, µm per pixel along y and x."""
    elements, blocks = "", b""
    for number, (name, pixels, pixel_um) in enumerate(images):
        memory = f"MemBlock_{number}"
        elements += _lif_element(name, memory, pixels, pixel_um)
        label = memory.encode("utf-16-le")
        blocks += struct.pack("<IIBQBI", 0x70, 14 + len(label), 0x2A, pixels.nbytes, 0x2A, len(memory))
        blocks += label + pixels.tobytes()
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="file" UniqueID="file"><Data/>'
        f'<Memory Size="0" MemoryBlockID="none"/><Children>{elements}</Children></Element></LMSDataContainerHeader>'
    )
    text = xml.encode("utf-16-le")
    return struct.pack("<IIBI", 0x70, 5 + len(text), 0x2A, len(xml)) + text + blocks


def _lif_element(name: str, memory: str, pixels: np.ndarray, pixel_um: tuple[float, float]) -> str:
    """Return an image's part of the header; a dimension's length runs from the first pixel's centre to the last's."""
    count, depth, height, width = pixels.shape
    size = pixels.itemsize
    plane = height * width * size
    channels = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="{8 * size}" NameOfMeasuredQuantity="" Min="0" '
        f'Max="1" Unit="" LUTName="{LUTS[at]}" IsLUTInverted="0" BytesInc="{at * plane * depth}" BitInc="0"/>'
        for at in range(count)
    )
    lengths = [(1, width, pixel_um[1], size), (2, height, pixel_um[0], width * size), (3, depth, 1.0, plane)]
    dimensions = "".join(
        f'<DimensionDescription DimID="{number}" NumberOfElements="{n}" Origin="0" Length="{um * 1e-6 * (n - 1)}" '
        f'Unit="m" BitInc="0" BytesInc="{step}"/>'
        for number, n, um, step in lengths
        if n > 1
    )
    return (
        f'<Element Name="{name}" UniqueID="{memory}"><Data><Image TextDescription=""><ImageDescription>'
        f"<Channels>{channels}</Channels><Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
        f'<Memory Size="{pixels.nbytes}" MemoryBlockID="{memory}"/><Children/></Element>'
    )


def nd2(pixels: np.ndarray, pixel_um: float | None, names: tuple[str, ...]) -> bytes:
    """Return a Nikon file, version 3: array (z, c, y, x) of uint16, µm per pixel or None, names of the channels."""
    depth, count, height, width = pixels.shape
    attributes = {
        "uiWidth": width,
        "uiWidthBytes": width * count * 2,
        "uiHeight": height,
        "uiComp": count,
        "uiBpcInMemory": 16,
        "uiBpcSignificant": 16,
        "uiSequenceCount": depth,
        "eCompression": 2,
    }
    plane = {"uiCompCount": 1, "pFluorescentProbe": {"m_sName": "probe"}}
    planes = {f"a{at}": {**plane, "uiSampleIndex": at, "sDescription": name} for at, name in enumerate(names)}
    picture = {
        "bCalibrated": pixel_um is not None,
        "dCalibration": pixel_um or 1.0,
        "sPicturePlanes": {"uiCount": count, "sPlaneNew": planes},
    }
    stack = {"eType": 4, "uLoopPars": {"uiCount": depth, "dZStep": 1.0, "dZLow": 0.0, "dZHigh": float(depth - 1)}}
    chunks = {
        b"ImageAttributesLV!": _lite({"SLxImageAttributes": attributes}),
        b"ImageMetadataSeqLV|0!": _lite({"SLxPictureMetadata": picture}),
        b"ImageMetadataLV!": _lite({"SLxExperiment": stack}),
        b"CustomData|AcqTimesCache!": np.arange(depth, dtype=np.float64).tobytes(),
    }
    for z, plane in enumerate(pixels):  # the channels of a pixel stand together, behind the time
        chunks[f"ImageDataSeq|{z}!".encode()] = bytes(8) + np.ascontiguousarray(plane.transpose(1, 2, 0)).tobytes()
    content = _chunk(b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver3.0".ljust(64, b"\0"), 32)
    places = b""
    for name, data in chunks.items():
        places += name + struct.pack("<QQ", len(content), len(data))
        content += _chunk(name, data, 4072)
    end = b"ND2 CHUNK MAP SIGNATURE 0000001!" + struct.pack("<Q", len(content))
    return content + _chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", places + end, 32)


def _chunk(name: bytes, data: bytes, name_bytes: int) -> bytes:
    return struct.pack("<IIQ", 0x0ABECEDA, name_bytes, len(data)) + name.ljust(name_bytes, b"\0") + data


def _lite(values: dict) -> bytes:
    """Return values in Nikon's binary form: type, length of the name, name, value; levels hold more of them."""
    out = b""
    for name, value in values.items():
        label = (name + "\0").encode("utf-16-le")
        start = struct.pack("BB", _lite_type(value), len(name) + 1) + label
        if isinstance(value, dict):
            content = _lite(value)
            out += start + struct.pack("<IQ", len(value), len(start) + 12 + len(content)) + content
            out += bytes(8 * len(value))
        elif isinstance(value, bool):
            out += start + struct.pack("<B", value)
        elif isinstance(value, str):
            out += start + (value + "\0").encode("utf-16-le")
        else:
            out += start + struct.pack("<d" if isinstance(value, float) else "<I", value)
    return out


def _lite_type(value: object) -> int:
    kinds = {bool: 1, int: 3, float: 6, str: 8, dict: 11}
    return kinds[type(value)]
