"""What a page says, drawn at random, and what a careful person who looks at it would answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from benchmarks.shop_pages.money import Form, Locale, Money, locales, rounded
from benchmarks.shop_pages.vocabulary import Vocabulary, share

STATES = {
    "in_stock": 40,
    "out_of_stock": 25,
    "preorder": 8,
    "backorder": 7,
    "limited": 9,
    "discontinued": 6,
    "in_store_only": 3,
    "unknown": 5,
}
# Pages that ask no price, and the states that may be said of them.
PRICELESS = {
    "category": ("unknown",),
    "blog": ("unknown",),
    "contact": ("unknown",),
    "login": ("unknown", "in_stock"),
    "on_request": ("unknown",),
    "gone": ("out_of_stock", "discontinued"),
}
_BRANDS = "Norvika Haldane Brunnor Telvia Ostrel Kimari Pellano Vestergo Lumeka Tornby".split()
_CITIES = "Lyon Kassel Porto Turin Gent Brno Malmö Leeds Gdynia Aarhus".split()
_MODELS = "Orion Luma Terra Nova Alba Vento Prisma Delta Koral Fjord".split()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside the price that is no offer of the product, with money in it or not."""

    feature: str
    slot: str  # top, price, plan, buy, below or review
    before: str
    money: Money | None
    after: str


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of the product: a size, an edition, a condition."""

    name: str
    money: Money
    is_available: bool
    is_selected: bool
    has_own_price: bool


@dataclass(frozen=True, slots=True)
class Card:
    """Another product, in a slider or a list."""

    title: str
    money: Money
    old: Money | None
    badge: str
    button: str

    @property
    def amounts(self) -> list[tuple[str, Money | None]]:
        return [("another product", self.money), ("another product", self.old)]


@dataclass(slots=True)
class Scene:
    """All that a page says. A style decides with which elements it does so."""

    kind: str  # product, or one of PRICELESS
    style: str
    half: str
    locale: Locale
    form: Form
    words: Vocabulary
    rng: Random
    title: str
    brand: str
    sku: str
    price: Money
    state: str
    has_price: bool = True
    label: str = ""  # before the price
    tax: str = ""  # behind the price
    old: Money | None = None
    old_label: str = ""
    net: Money | None = None
    net_label: str = ""
    is_net_first: bool = False
    state_words: str = ""
    hidden_words: str = ""  # another state, in an element that nobody sees
    button: str = ""
    is_live: bool = False
    notify: str = ""
    option_title: str = ""
    options: list[Option] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    sellers: list[tuple[str, Money]] = field(default_factory=list)
    branches: list[tuple[str, str]] = field(default_factory=list)
    features: set[str] = field(default_factory=set)

    def money(self, amount: Decimal) -> Money:
        """An amount as this shop writes it."""
        return Money(rounded(amount, self.form), self.locale.currency, self.form)

    def chance(self, share: float, feature: str = "") -> bool:
        """Whether a thing of so large a share of the pages is on this one; then it is noted."""
        if self.rng.random() >= share:
            return False
        if feature:
            self.features.add(feature)
        return True

    @property
    def roles(self) -> tuple[tuple[str, Decimal], ...]:
        """What the other amounts of the page are."""
        named = [("was", self.old), ("net", self.net)]
        named += [(f"note:{note.feature}", note.money) for note in self.notes]
        named += [("another option", one.money) for one in self.options]
        named += [("another seller", money) for _, money in self.sellers]
        named += [(role, money) for one in self.cards for role, money in one.amounts]
        return tuple((role, money.amount) for role, money in named if money is not None)

    @property
    def expected(self) -> dict[str, str | None]:
        """The answer."""
        money = self.price if self.has_price else None
        return {
            "price": None if money is None else money.plain,
            "currency": None if money is None else money.currency,
            "availability": self.state,
            "shown": None if money is None else money.text,
            "state_words": self.state_words or (self.button if self.is_live else ""),
        }


def scene(style: str, language: str, half: str, rng: Random) -> Scene:
    """A page of a shop system in a language."""
    locale = rng.choice([one for one in locales().values() if one.language == language])
    form = rng.choice([locale.forms[0], *share(locale.forms, half)])
    words = Vocabulary(language, half, rng)
    kind = rng.choice(sorted(PRICELESS)) if rng.random() < 0.12 else "product"
    states = PRICELESS.get(kind) or rng.choices(list(STATES), list(STATES.values()))
    brand = rng.choice(_BRANDS)
    made = Scene(
        kind=kind,
        style=style,
        half=half,
        locale=locale,
        form=form,
        words=words,
        rng=rng,
        title=f"{brand} {rng.choice(_MODELS)} {rng.randint(2, 990)} {words.one('nouns')}",
        brand=brand,
        sku=f"{rng.choice('ABKTX')}{rng.randint(10000, 999999)}",
        price=Money(_amount(rng, locale, form), locale.currency, form),
        state=rng.choice(states),
        has_price=kind == "product",
    )
    made.features.add(f"state:{made.state}")
    made.features.add(f"kind:{kind}")
    _furnish(made)
    return made


def _furnish(made: Scene) -> None:
    if made.kind not in {"category", "blog", "contact"}:
        _state(made)
    if made.kind == "product":
        _roles(made)
        _options(made)
        _price_notes(made)
        if made.state != "unknown":
            _buy_notes(made)
    if made.state == "discontinued" and made.chance(0.4):
        _note(made, "successor", "buy", made.price.times(made.rng.uniform(0.8, 1.6)))
    _surroundings(made)


def _amount(rng: Random, locale: Locale, form: Form) -> Decimal:
    euros = Decimal(str(round(10 ** rng.uniform(0.7, 3.5), 2)))
    amount = rounded(euros * locale.scale, form)
    if form.decimals and rng.random() < 0.6:  # most prices end in 9, many in 0
        amount = rounded(amount.to_integral_value(), form) + rng.choice(
            [Decimal(0), Decimal("0.99"), Decimal("0.95"), Decimal("0.90")]
        )
    return rounded(amount, form) + (0 if amount >= 2 else 3)


def _state(made: Scene) -> None:
    words, rng, state = made.words, made.rng, made.state
    date = f"{rng.randint(10, 28)}.{rng.randint(1, 12):02}.2031"
    if state != "unknown":
        least, most = (2, 5) if state == "limited" else (15, 180)
        made.state_words = words.one(state).format(n=rng.randint(least, most), date=date)
    buy = words.same("buy")
    if made.kind == "login":
        return
    if state == "preorder":
        made.button, made.is_live = words.same("preorder_button"), True
    elif state in {"in_stock", "limited", "backorder"}:
        made.button, made.is_live = buy, True
        if state == "in_stock" and made.chance(0.2, "button alone"):
            made.state_words = ""
    elif state == "out_of_stock":
        _sold_out(made, buy)
    elif state == "unknown" and made.chance(0.5):
        _note(made, "dealer", "buy", None)
    if state not in {"unknown", "discontinued", "in_store_only"} and made.chance(
        0.12, "hidden state"
    ):
        opposite = "in_stock" if state == "out_of_stock" else "out_of_stock"
        made.hidden_words = words.one(opposite)


def _sold_out(made: Scene, buy: str) -> None:
    way = made.rng.choice(["dead button", "sold-out button", "no button", "notify form"])
    made.features.add(way)
    if way == "dead button":
        made.button = buy
    elif way == "sold-out button":
        made.button, made.state_words = made.state_words, ""
    elif way == "notify form":
        made.notify = made.words.same("notify")


def _roles(made: Scene) -> None:
    """Amounts beside the price that have another role, and what the price itself is called."""
    words, price = made.words, made.price
    if made.state != "unknown" and made.chance(0.3, "was"):
        made.old = price.times(made.rng.uniform(1.1, 1.9))
        if made.old.amount <= price.amount:
            made.old = price.times(2)
        is_rrp = made.chance(0.3, "rrp")
        made.old_label = words.one("rrp" if is_rrp else "was") if made.chance(0.6) else ""
        if is_rrp and not made.old_label:
            made.old_label = words.one("rrp")
        made.label = words.one("now") if made.chance(0.4) else ""
    elif made.chance(0.08, "from"):
        made.label = words.one("from")
    elif made.chance(0.25):
        made.label = words.one("price")
    if made.chance(0.12, "net and gross"):
        made.net = price.times(0.84)
        made.net_label, made.tax = words.one("excl_vat"), words.one("incl_vat")
        made.is_net_first = made.chance(0.4, "net first")
    elif made.chance(0.35):
        made.tax = words.one("incl_vat")


def _options(made: Scene) -> None:
    if made.state == "unknown" or "from" in made.features or not made.chance(0.45, "options"):
        return
    words, rng = made.words, made.rng
    kind = rng.choice(["colour", "size", "condition"])
    made.option_title = words.same(kind)
    names = {
        "colour": words.every("colours"),
        "size": ["S", "M", "L", "XL"] if made.chance(0.5) else ["250 ml", "500 ml", "1 l"],
        "condition": words.every("conditions"),
    }[kind]
    own = kind == "condition" or made.chance(0.35)
    if own:
        made.features.add("options with prices")
    chosen = rng.randrange(len(names))
    undecided = not own and made.state in {"in_stock", "limited"} and bool(made.state_words)
    if undecided and made.chance(0.25, "nothing chosen"):
        chosen, made.is_live, made.button = -1, False, words.same("choose")
    is_gone = made.state in {"out_of_stock", "discontinued", "in_store_only"}
    for at, name in enumerate(names):
        money = made.price if at == chosen or not own else made.price.times(rng.uniform(0.5, 1.8))
        available = not is_gone if at == chosen else rng.random() < 0.6
        if not available and at != chosen:
            made.features.add("other option sold out")
        made.options.append(Option(name, money, available, at == chosen, own))


def _note(made: Scene, key: str, slot: str, money: Money | None) -> None:
    text = made.words.one(key).replace("{n}", str(made.rng.randint(3, 60)))
    if "{t}" in text:
        text = text.replace("{t}", f"{made.rng.choice(_BRANDS)} {made.rng.choice(_MODELS)}")
    before, _, after = text.partition("{m}")
    made.notes.append(Note(key, slot, before, money if "{m}" in text else None, after))
    made.features.add(f"note:{key}")


def _price_notes(made: Scene) -> None:
    price, scale, rng = made.price, made.locale.scale, made.rng
    if made.old and made.chance(0.35):
        _note(made, "save", "price", made.old.less(price))
    if made.old and made.chance(0.3):
        _note(made, "lowest", "price", price.times(rng.uniform(0.8, 1.1)))
    for key, often, money in (
        ("instalment", 0.15, price.times(1 / 3)),
        ("unit", 0.12, price.times(rng.uniform(0.2, 6))),
        ("shipping", 0.2, made.money(Decimal("4.95") * scale)),
        ("member", 0.08, price.times(0.9)),
        ("deposit", 0.05, made.money(Decimal("0.25") * scale)),
        ("points", 0.06, price),
    ):
        if key in {"shipping", "points"} and made.state == "unknown":
            continue
        if made.chance(often):
            _note(made, key, "price", money)


def _buy_notes(made: Scene) -> None:
    price, scale, rng = made.price, made.locale.scale, made.rng
    ten = made.money(Decimal(10) * scale)
    for key, often, money in (
        ("coupon", 0.1, ten),
        ("bundle", 0.08, price.times(rng.uniform(1.5, 3))),
        ("bulk", 0.1, price.times(0.88)),
        ("warranty", 0.06, price.times(0.15)),
        ("others", 0.08, price.times(rng.uniform(0.6, 0.95))),
    ):
        if made.chance(often):
            _note(made, key, "buy", money)
    if made.is_live and made.chance(0.08):
        _note(made, "subscribe", "plan", price.times(0.92))
    if made.is_live and made.chance(0.08, "sellers"):
        names = rng.sample(_BRANDS, 3)
        made.sellers = [(name, price.times(rng.uniform(0.7, 1.5))) for name in names]


def _surroundings(made: Scene) -> None:
    words, rng, scale = made.words, made.rng, made.locale.scale
    if made.chance(0.35):
        _note(made, "free_shipping", rng.choice(["top", "top", "buy"]), made.money(50 * scale))
    if made.chance(0.35):
        for _ in range(rng.randint(1, 3)):
            _note(made, "stock_notes", "below", None)
    if made.chance(0.45):
        for _ in range(rng.randint(1, 5)):
            money = made.money(Decimal(rng.randint(3, 90)) * scale)
            _note(made, "review_texts", "review", money)
    if made.kind == "category" or made.chance(0.7, "related"):
        most = 24 if made.kind == "category" else 8
        made.cards = [_card(made) for _ in range(rng.randint(3, most))]
    is_sold = made.kind == "product" and made.state != "unknown"
    if is_sold and made.chance(0.1, "branches"):
        for city in rng.sample(_CITIES, 4):
            key = rng.choice(["branch_yes", "branch_no"])
            made.branches.append((city, words.one(key)))


def _card(made: Scene) -> Card:
    rng, words = made.rng, made.words
    money = Money(_amount(rng, made.locale, made.form), made.locale.currency, made.form)
    old = money.times(1.4) if rng.random() < 0.25 else None
    badge = words.one("out_of_stock") if made.chance(0.12, "related sold out") else ""
    title = f"{rng.choice(_BRANDS)} {rng.choice(_MODELS)} {words.one('nouns')}"
    return Card(title, money, old, badge, words.same("buy") if rng.random() < 0.5 else "")
