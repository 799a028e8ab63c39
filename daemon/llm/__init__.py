"""Asks a model about a recorded change, and keeps only the verified parts of its answer.

The page's text is data: it is sent masked, numbered and fenced, and no sentence of the answer is
believed unless the lines that it cites support it.
"""

from __future__ import annotations

from daemon.llm.answer import (
    AnswerError,
    Believed,
    ModelAnswer,
    believed,
    read_answer,
    to_builtins,
    tokens_of,
)
from daemon.llm.merge import Grade, merged
from daemon.llm.private import Masks
from daemon.llm.prompt import Question, Subject, Wording, question_of

__all__ = [
    "AnswerError",
    "Believed",
    "Grade",
    "Masks",
    "ModelAnswer",
    "Question",
    "Subject",
    "Wording",
    "believed",
    "merged",
    "question_of",
    "read_answer",
    "to_builtins",
    "tokens_of",
]
