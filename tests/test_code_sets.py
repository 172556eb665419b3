"""Code sets: what is legal, what is printed."""

import pytest

from templates.codes import CODE_SETS, is_code, label


def test_every_code_set_of_the_catalogue_is_here_with_words_for_each_code():
    """The catalogue has 43 code sets; divisions are ours."""
    assert len(CODE_SETS) == 44
    assert all(known.words and all(known.words.values()) for known in CODE_SETS.values())


@pytest.mark.parametrize(
    ("code_set", "code", "word"),
    [
        ("sex", "1", "男"),
        ("ethnic", "08", "壮族"),
        ("ethnic", "56", "基诺族"),
        ("id_type", "A", "护照"),
        ("grade", "J3", "初中三年级"),
        ("stage", "S", "普通高中"),
        ("transfer_reason", "1", "家庭居住地跨省、市、县迁移且户籍已迁入"),
        ("roll_status", "active", "在籍"),
        ("division", "140426", "长治市黎城县"),
        ("division", "140499", "测试区划"),
    ],
)
def test_a_code_prints_as_its_word(code_set, code, word):
    """Some codes anybody can check against the standard."""
    assert is_code(code_set, code)
    assert label(code_set, code) == word


@pytest.mark.parametrize(
    ("code_set", "code"),
    [
        ("sex", "3"),
        ("sex", ""),
        ("sex", "男"),
        ("ethnic", "57"),
        ("grade", "J4"),
        ("division", "14042"),
        ("division", "14042６"),
    ],
)
def test_a_code_outside_its_set_is_not_legal_and_has_no_word(code_set, code):
    """Neither other digits nor the word itself pass for a code."""
    assert not is_code(code_set, code)
    with pytest.raises(KeyError):
        label(code_set, code)


def test_an_open_set_takes_codes_it_has_no_word_for():
    """Our list of divisions ends at Shanxi; a child may come from anywhere."""
    assert is_code("division", "650102")
    assert label("division", "650102") == "650102"
    assert label("country", "KAZ") == "KAZ"
