"""What warns people of a danger, and what only sounds like it."""

from __future__ import annotations

import pytest

from daemon.lexicon.warnings import warning_in


@pytest.mark.parametrize(
    "text",
    [
        "Do not drink tap water in Elm Street",
        "Product recall: the ACME kettle may catch fire",
        "An evacuation order is in force for the valley",
        "Residents were evacuated overnight",
        "Rückrufaktion: Glassplitter im Joghurt",
        "Der Ortskern wurde evakuiert",
        "Avis d'évacuation pour le centre",
        "Orden de evacuación en el valle",
        "避難指示が出ています",
    ],
)
def test_a_warning_is_known(text: str) -> None:
    assert warning_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do not use this method in new code",
        "We do not use cookies",
        "Rückruf vereinbaren: wir rufen Sie zurück",
        "Tuyau d'évacuation, 32 mm",
        "A stretcher and an evacuation chair",
        "Evacuated glass tubes for solar heating",
        "La retirada del producto se hace en tienda",
        "Återkallelse av samtycke",
    ],
)
def test_what_only_sounds_like_one_is_none(text: str) -> None:
    assert warning_in(text) == ""
