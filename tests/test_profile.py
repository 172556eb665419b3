"""The colour profile is sRGB, as another hand's sRGB says, and stays the same bytes."""

import hashlib
import io
import zlib

import numpy as np
from PIL import Image, ImageCms

from templates.profile import srgb


def test_it_never_changes():
    """Papers of today and of another day carry the same profile; it costs a paper 400 bytes."""
    assert (
        hashlib.sha256(srgb()).hexdigest()
        == "03c8cf956546e7b9cc646e40ab7c156342d3023758af6c6a4792deeb268352b1"
    )
    assert int.from_bytes(srgb()[:4]) == len(srgb()) < 600
    assert len(zlib.compress(srgb(), 9)) < 400


def test_it_is_srgb():
    """LittleCMS reads it, and carries every colour to its own sRGB without a change that can be seen."""
    ours = ImageCms.getOpenProfile(io.BytesIO(srgb()))
    assert ImageCms.getProfileDescription(ours).strip() == "sRGB IEC61966-2.1"
    steps = np.arange(0, 256, 5, np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    picture = Image.fromarray(np.ascontiguousarray(colours))
    for intent in (ImageCms.Intent.PERCEPTUAL, ImageCms.Intent.RELATIVE_COLORIMETRIC):
        moved = ImageCms.profileToProfile(picture, ours, ImageCms.createProfile("sRGB"), intent)
        assert np.abs(np.asarray(moved).astype(int) - colours).max() <= 1
