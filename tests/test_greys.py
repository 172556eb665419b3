"""Counted percentiles are numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from intake import greys

PICTURES = arrays(np.uint8, array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=40))


@given(PICTURES, st.sampled_from([0.0, 1, 3, 50, 85, 90, 99.5, 100]))
def test_a_percentile_is_numpys(picture, share):
    assert greys.percentile(picture, share) == pytest.approx(float(np.percentile(picture, share)))
    assert greys.median(picture) == pytest.approx(float(np.median(picture)))


@given(PICTURES)
def test_part_of_a_picture_is_counted_as_it_lies(picture):
    part = picture[: max(len(picture) // 2, 1)]
    assert greys.percentiles(part, 90, 3) == pytest.approx(tuple(np.percentile(part, [90, 3])))


def test_nothing_has_no_grey():
    assert greys.percentiles(np.empty((0, 3), np.uint8), 90, 3) == (0.0, 0.0)
