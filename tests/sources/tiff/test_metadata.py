"""Pixel sizes: what metadata says in all its forms, and what only looks like one."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.sources.registry import open_source

IMAGE = np.zeros((20, 30), np.uint16)


def info_of(path):
    source = open_source(path)
    source.close()
    return source.info


def pixel_size(path) -> tuple[float, float] | None:
    size = info_of(path).pixel_size
    return None if size is None else (size.y_um, size.x_um)


def imagej(path, unit, y, x, **metadata):
    metadata = {**({} if unit is None else {"unit": unit}), **metadata}
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(x, y), metadata=metadata)


@pytest.mark.parametrize(
    ("unit", "per_unit", "um"),
    [
        ("micron", 2.0, 0.5), ("microns", 2.0, 0.5), ("micrometer", 10.0, 0.1), ("um", 1 / 0.65, 0.65),
        ("\\u00B5m", 6.25, 0.16), ("nm", 0.125, 0.008), ("mm", 2000.0, 0.5), ("cm", 62500.0, 0.16),
        ("inch", 254000.0, 0.1), ("m", 1e7, 0.1),
    ],
)  # fmt: skip
def test_imagejs_units(tmp_path, unit, per_unit, um):
    imagej(tmp_path / "a.tif", unit, per_unit, per_unit)
    assert pixel_size(tmp_path / "a.tif") == pytest.approx((um, um), rel=1e-6)
    assert info_of(tmp_path / "a.tif").pixel_size_from == "ImageJ"


@pytest.mark.parametrize("stored", [b"\xb5m", "µm".encode(), "μm".encode(), rb"\u00B5m"], ids=repr)
def test_imagejs_micro_sign_however_it_is_stored(tmp_path, stored):
    imagej(tmp_path / "a.tif", "x" * len(stored), 4.0, 4.0)
    data = (tmp_path / "a.tif").read_bytes()
    assert data.count(b"unit=" + b"x" * len(stored)) == 1
    (tmp_path / "a.tif").write_bytes(data.replace(b"unit=" + b"x" * len(stored), b"unit=" + stored))
    assert pixel_size(tmp_path / "a.tif") == pytest.approx((0.25, 0.25))


def test_imagejs_two_axes(tmp_path):
    imagej(tmp_path / "a.tif", "micron", 2.0, 4.0)
    assert pixel_size(tmp_path / "a.tif") == pytest.approx((0.5, 0.25))
    imagej(tmp_path / "b.tif", "micron", 2.0, 4.0, yunit="nm")
    assert pixel_size(tmp_path / "b.tif") == pytest.approx((0.0005, 0.25))


@pytest.mark.parametrize("unit", [None, "pixel", "", "sec", "inches of gold"])
def test_imagej_without_a_length_has_no_pixel_size(tmp_path, unit):
    imagej(tmp_path / "a.tif", unit, 4.0, 4.0)
    assert pixel_size(tmp_path / "a.tif") is None
    assert info_of(tmp_path / "a.tif").pixel_size_from.startswith("none in the file")


OME_UNITS = [
    ("µm", 0.16, 0.16),
    (None, 0.16, 0.16),
    ("nm", 8, 0.008),
    ("mm", 0.002, 2),
    ("Å", 500, 0.05),
    ("m", 1e-6, 1),
    ("micrometer", 0.16, 0.16),
    ("in", 1e-5, 0.254),
    ("pm", 16000, 0.016),
]


@pytest.mark.parametrize(("unit", "value", "um"), OME_UNITS, ids=str)
def test_ome_units(tmp_path, unit, value, um):
    metadata = {"axes": "YX", "PhysicalSizeX": value, "PhysicalSizeY": 2 * value}
    if unit:
        metadata |= {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, metadata=metadata)
    assert pixel_size(tmp_path / "a.ome.tif") == pytest.approx((2 * um, um))
    assert info_of(tmp_path / "a.ome.tif").pixel_size_from == "OME"


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"PhysicalSizeX": 0.5}, id="one axis"),
        pytest.param(
            {
                "PhysicalSizeX": 1.0,
                "PhysicalSizeY": 1.0,
                "PhysicalSizeXUnit": "pixel",
                "PhysicalSizeYUnit": "pixel",
            },
            id="pixels",
        ),
        pytest.param(
            {
                "PhysicalSizeX": 1.0,
                "PhysicalSizeY": 1.0,
                "PhysicalSizeXUnit": "reference frame",
                "PhysicalSizeYUnit": "reference frame",
            },
            id="reference frame",
        ),
    ],
)
def test_ome_without_a_length_has_no_pixel_size(tmp_path, metadata):
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, metadata={"axes": "YX", **metadata})
    assert pixel_size(tmp_path / "a.ome.tif") is None


def test_ome_is_believed_before_the_tags(tmp_path):
    metadata = {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    tifffile.imwrite(
        tmp_path / "a.ome.tif", IMAGE, metadata=metadata, resolution=(1e4, 1e4), resolutionunit="CENTIMETER"
    )
    assert pixel_size(tmp_path / "a.ome.tif") == (0.5, 0.5)


@pytest.mark.parametrize(
    ("unit", "x", "y", "expected"),
    [
        pytest.param("CENTIMETER", 62500, 62500, (0.16, 0.16), id="cm"),
        pytest.param("INCH", 254000, 254000, (0.1, 0.1), id="inch"),
        pytest.param("CENTIMETER", 20000, 40000, (0.25, 0.5), id="two axes"),
        pytest.param("CENTIMETER", 1000, 1000, (10, 10), id="a stereo microscope's"),
        pytest.param("NONE", 62500, 62500, None, id="no unit"),
        pytest.param("CENTIMETER", 1, 1, None, id="1 px per cm"),
        pytest.param("CENTIMETER", 0.01, 0.01, None, id="1 px per 100 cm"),
        pytest.param("INCH", 1, 1, None, id="1 px per inch"),
        *[pytest.param("INCH", dpi, dpi, None, id=f"{dpi} dpi") for dpi in (72, 96, 150, 300, 600, 1200)],
        pytest.param("CENTIMETER", 72 / 2.54, 72 / 2.54, None, id="72 dpi in cm"),
        pytest.param("CENTIMETER", 28, 28, None, id="72 dpi in cm, rounded"),
        pytest.param("CENTIMETER", 118.11, 118.11, None, id="300 dpi in cm"),
        pytest.param("CENTIMETER", (1, 2**32 - 1), (1, 2**32 - 1), None, id="4e9 cm per px"),
        pytest.param("CENTIMETER", (2**32 - 1, 1), (2**32 - 1, 1), None, id="2 pm per px"),
        pytest.param("MILLIMETER", 2000, 4000, (0.25, 0.5), id="mm"),
        pytest.param("MICROMETER", 4, 4, (0.25, 0.25), id="µm"),
    ],
)
def test_resolution_tags(tmp_path, unit, x, y, expected):
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, resolution=(x, y), resolutionunit=unit, metadata=None)
    assert pixel_size(tmp_path / "a.tif") == (expected and pytest.approx(expected, rel=1e-6))
    said = info_of(tmp_path / "a.tif").pixel_size_from
    assert said == "resolution tags" if expected else said.startswith("none in the file")


def test_why_a_resolution_is_no_pixel_size(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, resolution=(72, 72), resolutionunit="INCH", metadata=None)
    tifffile.imwrite(tmp_path / "b.tif", IMAGE, resolution=(0.01, 0.01), resolutionunit="CENTIMETER", metadata=None)
    assert info_of(tmp_path / "a.tif").pixel_size_from == "none in the file (72 dpi is for print or screen)"
    assert info_of(tmp_path / "b.tif").pixel_size_from == "none in the file (100 cm per pixel is a placeholder)"


def test_no_resolution_tags_at_all(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags["XResolution"].overwrite((0, 0))
    assert pixel_size(tmp_path / "a.tif") is None


# Every file of the sample folders, as its README tells.
REAL = {
    "fluo16/xy_12bit__saturated_plant.tif": ("YX", (512, 512), "uint16", 2.48592),
    "fluo16/xy_16bit__bacteria_cords_thick.tif": ("YX", (512, 512), "uint16", 0.628171),
    "fluo16/xy_16bit__bacteria_cords_thin.tif": ("YX", (512, 512), "uint16", 0.628171),
    "fluo16/xy_16bit__rat_hippocampal_neuron.tif": ("YX", (512, 512), "uint16", 0.16),
    "fluo16/xy_calibrated_16bit__cells_eres_noisy.tif": ("YX", (512, 512), "uint16", 0.229674),
    "mixed/0_1_N_R.png": ("YX", (1040, 1392), "uint16", None),
    "mixed/1-162hrhoe2.tif": ("YX", (1000, 1200), "uint16", None),
    "mixed/cell.png": ("YX", (660, 550), "uint8", None),
    "mixed/xy_16bit__nuclei_high_dynamic_range.tif": ("YX", (147, 149), "uint16", None),
    "mixed/xy_8bit__nuclei_PLK1_control.tif": ("YX", (682, 682), "uint8", 0.166053),
    "mixed/xy_8bit__nup_bgsubtracted.tif": ("YX", (512, 512), "float32", 0.263576),
    "calibrated/xy_calibrated_16bit__nuclear_protein_control.tif": ("YX", (1192, 1192), "uint16", 0.113214),
    "calibrated/xy_8bit__em_mitochondria_er.tif": ("YX", (517, 497), "uint8", 0.008),
    "calibrated/xy_8bit__mitocheck_incenp_t1.tif": ("YX", (364, 260), "uint8", 0.1),
    "calibrated/em_mitochondria_er_ome_nm.ome.tif": ("YX", (517, 497), "uint8", 0.008),
    "calibrated/rat_hippocampal_neuron_ome_um.ome.tif": ("YX", (512, 512), "uint16", 0.16),
    "calibrated/rat_hippocampal_neuron_cm_tags.tif": ("YX", (512, 512), "uint16", 0.16),
    "rgb/slide.jpeg": ("YXS", (2500, 2500, 3), "uint8", None),
    "rgb/DMSO_B5_t0.JPG": ("YXS", (1536, 2304, 3), "uint8", None),
    "rgb/xy_rgb__cells.tif": ("YXS", (257, 280, 3), "uint8", None),
    "multichannel/xyc_16bit__cell_dna_mts_actin.tif": ("CYX", (3, 350, 350), "uint16", 0.132492),
    "multichannel/xyc_8bit__dapi_tublin.tif": ("CYX", (2, 730, 968), "uint8", 0.454),
    **{
        f"multichannel/one_file_per_channel/AS_09125_050116030001_D03f00d{k}.tif": ("YX", (512, 512), "uint8", None)
        for k in range(3)
    },
    "zstack/xyz_calibrated_16bit__golgi_bfa.tif": ("ZYX", (25, 137, 147), "uint16", 0.351435),
    "zstack/xyz_8bit__mitotic_plate_calibrated.tif": ("ZYX", (6, 263, 263), "uint8", 0.0851964),
    "zstack/xyzc_16bit__dna_conf_wf.tif": ("ZCYX", (45, 2, 130, 133), "uint16", 0.511878),
    "zstack/xyt_8bit__em_fly_eye.tif": ("TYX", (2, 322, 400), "uint8", None),
}


@pytest.mark.parametrize("name", list(REAL))
def test_real_files(real_data, name):
    axes, shape, dtype, um = REAL[name]
    info = info_of(real_data / name)
    assert (info.axes, info.shape, info.dtype.name, info.notes) == (axes, shape, dtype, ())
    if um is None:
        assert info.pixel_size is None
    else:
        assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((um, um), rel=5e-6)


def test_the_table_of_real_files_is_complete(real_data):
    folders = ("fluo16", "mixed", "calibrated", "rgb", "multichannel", "zstack")
    there = {str(p.relative_to(real_data)) for f in folders for p in (real_data / f).rglob("*.*") if p.is_file()}
    assert there == set(REAL)
