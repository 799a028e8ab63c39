"""Takes a cookie banner away: by its own button, or with all of its layer."""

from __future__ import annotations

from playwright.async_api import Error, Frame, Page

from daemon.lexicon.prose.consent import CONSENT_BUTTONS, CONSENT_GIVEN, CONSENT_SUBJECT

# A banner is what lies over a page, is no long text, and speaks of consent. Shadow trees are
# looked into: several consent tools live in one.
_FIND = """
const roots = [document];
for (let i = 0; i < roots.length && roots.length < 500; i++)
  for (const one of roots[i].querySelectorAll('*')) if (one.shadowRoot) roots.push(one.shadowRoot);
const all = what => roots.flatMap(root => [...root.querySelectorAll(what)]);
const isShown = one => { const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  return box.width > 1 && box.height > 1 && style.visibility !== 'hidden'; };
const said = one => (one.innerText || one.value || one.getAttribute('aria-label') || '').trim();
const subject = new RegExp(given.subject, 'i'), yes = new RegExp(`^(?:${given.yes})[.!]?$`, 'i');
const host = one => one.getRootNode().host;
const up = one => one.parentElement || host(one);
const layers = () => all('*').filter(one => {
  const style = getComputedStyle(one);
  const over = style.position === 'fixed' || style.position === 'sticky'
    || one.matches('dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true]');
  if (!over || !isShown(one)) return false;
  const text = (one.innerText || '') + [...one.querySelectorAll('*')]
    .map(inner => inner.shadowRoot ? inner.shadowRoot.textContent : '').join(' ');
  return text.length < 6000 && subject.test(text);
});
"""
_ACCEPT = (
    "given => {"
    + _FIND
    + """
for (const what of given.buttons) {
  const button = all(what).find(isShown);
  if (button) { button.click(); return true; }
}
const known = given.anywhere ? [document.body] : layers();
const isIn = (one, layer) => { for (; one; one = up(one)) if (one === layer) return true; };
const buttons = all('button, a, [role=button], input[type=button], input[type=submit]')
  .filter(one => isShown(one) && yes.test(said(one).replace(/\\s+/g, ' ')));
const button = buttons.find(one => known.some(layer => isIn(one, layer)));
if (button) button.click();
return Boolean(button);
}"""
)
_REMOVE = (
    "given => {"
    + _FIND
    + """
const found = layers();
found.forEach(one => one.remove());
for (const frame of given.frames ? all('iframe') : []) {
  const style = getComputedStyle(frame);
  const named = `${frame.title} ${frame.id} ${frame.name} ${frame.src}`;
  if (subject.test(named)) { frame.remove(); found.push(frame); }
}
if (found.length) {
  // What is left of it: a veil over the page, and a page that does not scroll.
  const veils = all('body *').filter(one => getComputedStyle(one).position === 'fixed'
    && !one.innerText && one.getBoundingClientRect().height >= innerHeight);
  veils.forEach(one => one.remove());
  for (const one of [document.documentElement, document.body])
    one.style.setProperty('overflow', 'visible', 'important');
}
return found.length > 0;
}"""
)


async def clear_banner(page: Page, how: str) -> bool:
    """Accept a cookie banner, or remove it with its layer; False when there is none.

    Shape: a frame that consent tools made is looked into as well.
    """
    for frame in page.frames:
        if await _cleared(frame, how, is_main=frame == page.main_frame):
            return True
    return False


async def _cleared(frame: Frame, how: str, is_main: bool) -> bool:
    given = {
        "subject": CONSENT_SUBJECT,
        "yes": CONSENT_GIVEN,
        "buttons": CONSENT_BUTTONS,
        "anywhere": not is_main,  # a frame of a consent tool is a banner by itself
        "frames": is_main,
    }
    try:
        if not is_main and not await frame.evaluate(
            "subject => new RegExp(subject, 'i').test(document.body.innerText)", CONSENT_SUBJECT
        ):
            return False
        return bool(await frame.evaluate(_ACCEPT if how == "accept" else _REMOVE, given))
    except Error:
        return False  # its frame has gone meanwhile
