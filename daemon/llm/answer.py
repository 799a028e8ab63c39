"""Parses a model's answer and keeps the sentences that the cited lines support."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from daemon.extract.clean import clean_text

_FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_MARKUP = re.compile(r"<[^>\n]{0,200}>|[*`#]{1,3}|!?\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)")
_NUMBER = re.compile(r"\d[\d.,:/\u00a0\u202f' -]*\d|\d")
_SEPARATORS = re.compile(r"[.,:/\u00a0\u202f' -]")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w.-]+|\b[\w-]+\.(?:[a-z]{2,})(?:/\S*)?\b")
_TELLING = re.compile(r"[^\W\d_]{4,}|[\u3040-\u9fff\uac00-\ud7a3]")
_STEM = 5
_SENTENCES, _INSIGHTS = 3, 5
_SENTENCE_CHARS = 300
_ANSWER_CHARS = 50_000


class AnswerError(ValueError):
    """An answer in an unexpected form."""


class Cited(msgspec.Struct, frozen=True):
    """A sentence with the numbers of the lines that should support it."""

    text: str
    lines: tuple[int, ...] = ()


class ModelAnswer(msgspec.Struct, frozen=True):
    """What a model says about a change."""

    importance: Literal["none", "minor", "moderate", "major", "critical"]
    category: Literal[
        "content", "wording", "price", "availability", "release", "date", "legal", "security",
        "structure", "numbers", "noise",
    ]  # fmt: skip
    summary: tuple[Cited, ...]
    insights: tuple[Cited, ...] = ()
    matches_intent: bool = True


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct, frozen=True):
    choices: tuple[_Choice, ...]
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class Believed:
    """The supported sentences, each with its lines, and how many were dropped."""

    summary: tuple[Cited, ...]
    insights: tuple[Cited, ...]
    dropped: int


def tokens_of(body: bytes) -> tuple[int, int] | None:
    """The tokens of an answer, as its server counts; None when it does not say."""
    try:
        usage = msgspec.json.decode(body, type=_Completion, strict=False).usage
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if usage is None else (max(usage.prompt_tokens, 0), max(usage.completion_tokens, 0))


def read_answer(body: bytes) -> ModelAnswer:
    """The answer in a chat completion.

    Errors: AnswerError for anything else: another shape, no JSON, an unfinished text.
    """
    try:
        completion = msgspec.json.decode(body, type=_Completion, strict=False)
        text = completion.choices[0].message.content or ""
        return msgspec.json.decode(_bare(text), type=ModelAnswer)
    except IndexError:
        raise AnswerError("the answer holds no choice") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise AnswerError(f"the answer is not what was asked for: {exc}"[:200]) from None


def _bare(text: str) -> str:
    """The JSON in a text, which small models wrap in thoughts or a code block."""
    text = _THOUGHT.sub("", text[:_ANSWER_CHARS], count=1)
    fenced = _FENCED.fullmatch(text)
    return fenced.group(1) if fenced else text


def believed(answer: ModelAnswer, lines: Sequence[str], known: str) -> Believed:
    """The sentences of an answer that the lines they cite support.

    Shape: a sentence is kept when it cites existing lines that contain every number, name and
           address in it, and at least one word; names may also be `known`: the site's.
    """
    summary = list(_standing(answer.summary[:_SENTENCES], lines, known))
    insights = list(_standing(answer.insights[:_INSIGHTS], lines, known))
    given = len(answer.summary) + len(answer.insights)
    return Believed(tuple(summary), tuple(insights), given - len(summary) - len(insights))


def _standing(found: Iterable[Cited], lines: Sequence[str], known: str) -> Iterator[Cited]:
    for sentence in found:
        text = _one_line(sentence.text)
        numbers = tuple(sorted({n for n in sentence.lines if 1 <= n <= len(lines)}))
        if text and numbers and _is_held(text, "\n".join(lines[n - 1] for n in numbers), known):
            yield Cited(text, numbers)


def _one_line(text: str) -> str:
    """One line without markup and control characters."""
    clean = clean_text(_MARKUP.sub(lambda found: found.group(1) or "", text))[0]
    return " ".join(clean.split())[:_SENTENCE_CHARS]


def _is_held(text: str, evidence: str, known: str) -> bool:
    said = evidence.casefold()
    if any(
        address.group().casefold().rstrip(".,;)") not in said for address in _ADDRESS.finditer(text)
    ):
        return False
    shown = {part for number in _NUMBER.finditer(evidence) for part in _digits(number.group())}
    if not all(_is_shown(number.group(), shown) for number in _NUMBER.finditer(text)):
        return False
    words = {word.group().casefold() for word in _WORD.finditer(f"{evidence}\n{known}")}
    return _shares(text, said) and all(name.casefold() in words for name in _names(text))


def _shares(text: str, said: str) -> bool:
    """Whether a sentence shares anything with the lines: a number, or the beginning of a word."""
    if _NUMBER.search(text):
        return True  # it was already found in the lines
    shown = {word[:_STEM] for word in _TELLING.findall(said)}
    return any(word[:_STEM] in shown for word in _TELLING.findall(text.casefold()))


def _digits(number: str) -> tuple[str, ...]:
    """A number's groups and their combinations: 1,299.00 is 1 299 00, 1299 and 129900."""
    groups = tuple(filter(None, _SEPARATORS.split(number)))
    return (*groups, *("".join(groups[:end]) for end in range(2, len(groups) + 1)))


def _is_shown(number: str, shown: set[str]) -> bool:
    groups = tuple(filter(None, _SEPARATORS.split(number)))
    return "".join(groups) in shown or all(group in shown for group in groups)


def _names(text: str) -> Iterator[str]:
    """Words with a capital, except ordinary ones at the beginning of a sentence."""
    words = list(_WORD.finditer(text))
    for place, word in enumerate(words):
        name = word.group()
        if not name[0].isupper():
            continue
        begins = place == 0 or text[: word.start()].rstrip(" “\"'(«")[-1:] in ".!?:"
        if not begins or any(c.isupper() for c in name[1:]):
            yield name.removesuffix("'s").removesuffix("’s")


def to_builtins(found: Iterable[Cited]) -> list[dict[str, Any]]:
    """Sentences as they are stored."""
    return [{"text": one.text, "lines": list(one.lines)} for one in found]
