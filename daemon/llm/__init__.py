"""A recorded change in, a question for a model out; its answer in, what may be believed out.

The page's text is data: it goes out masked, numbered and fenced, and nothing that comes back is
believed unless the lines that it cites hold it.
"""

from __future__ import annotations

from daemon.llm.answer import (
    Answer,
    AnswerError,
    Believed,
    believed,
    read_answer,
    to_builtins,
    tokens_of,
)
from daemon.llm.merge import Grade, merged
from daemon.llm.private import Masks
from daemon.llm.prompt import Question, Subject, Wording, question_of

__all__ = [
    "Answer",
    "AnswerError",
    "Believed",
    "Grade",
    "Masks",
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
