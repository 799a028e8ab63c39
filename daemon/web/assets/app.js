// Beyond HTML: pages work without it.
const all = (css, root = document) => [...root.querySelectorAll(css)]
const one = (css, root = document) => root.querySelector(css)
const policy = globalThis.trustedTypes?.createPolicy("changelogger", { createHTML: html => html })

// Times: by the reader's own clock.
const shown = {
  time: { timeStyle: "short" },
  day: { weekday: "long", day: "numeric", month: "long" },
  full: { dateStyle: "medium", timeStyle: "short" },
  exact: { dateStyle: "medium", timeStyle: "medium" },
  date: { dateStyle: "medium" },
}
function localise(root) {
  const timeZone = document.body.dataset.zone
  for (const time of all("time[datetime]", root)) {
    const at = new Date(time.dateTime), form = shown[time.dataset.show]
    if (isNaN(at)) continue
    time.title = at.toLocaleString([], { dateStyle: "full", timeStyle: "long", timeZone })
    if (form) time.textContent = at.toLocaleString([], { ...form, timeZone })
  }
}

// Shift selects a range.
let last
function select(event) {
  const box = event.target
  if (!box.matches?.("input[type=checkbox]") || !box.form) return
  const boxes = all("input[name=id]", box.form)
  if (box.matches("[data-all]")) for (const each of boxes) each.checked = box.checked
  if (box.name === "id") {
    const ends = [boxes.indexOf(box), boxes.indexOf(last)].sort((a, b) => a - b)
    if (event.shiftKey && ends[0] >= 0)
      for (const each of boxes.slice(ends[0], ends[1] + 1)) each.checked = box.checked
    last = box
  }
  const number = one("output", box.form)
  if (number) number.value = boxes.filter(each => each.checked).length
}

// Keys: `data-key` names one, in the focused row or on the page.
const active = () => document.activeElement
const row = () => active().closest("[data-row]")
function step(css, by) {
  const stops = all(css).filter(stop => stop.getClientRects().length)
  const here = stops.findIndex(stop => stop === active() || row()?.contains(stop))
  const next = stops[here < 0 ? (by < 0 ? stops.length - 1 : 0) : here + by]
  next?.focus()
  next?.scrollIntoView({ block: "nearest" })
}
const moves = {
  j: () => step("[data-open]", 1),
  k: () => step("[data-open]", -1),
  n: () => step("[data-stop]", 1),
  p: () => step("[data-stop]", -1),
  o: () => one("[data-open]", row() ?? document)?.click(),
  x: () => row()?.querySelector("input[name=id]")?.click(),
  "/": () => one("input[type=search]").focus(),
  "?": () => one("dialog")?.showModal(),
}
let before = ""
function press(event) {
  const key = event.key
  if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]") || key.length > 1) return
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return
  const chord = before + key
  before = key === "g" ? "g " : ""
  const named = `[data-key="${CSS.escape(chord)}"]`
  const found = row() && one(named, row())
  const target = found ?? all(named).find(each => !each.closest("[data-row]"))
  if (!target && !Object.hasOwn(moves, chord)) return
  event.preventDefault()
  if (found) sessionStorage.row = all("[data-row]").indexOf(row())
  if (target) target.click()
  else moves[chord]()
}

// Refresh while seen and idle.
let tag = ""
const busy = () => document.hidden || one("dialog[open], .menu[open], :checked[name=id], :checked[name=all]")
  || active().matches("input, select, textarea")
async function refresh() {
  if (busy()) return
  const answer = await fetch(location.href, tag ? { headers: { "If-None-Match": tag } } : {})
  if (answer.ok && !answer.redirected) {
    tag = answer.headers.get("ETag")
    const text = await answer.text()
    const fresh = new DOMParser().parseFromString(policy?.createHTML(text) ?? text, "text/html")
    if (!busy()) replace(fresh)
  }
  one("#stale").hidden = answer.ok || answer.status === 304
}
function replace(fresh) {
  const href = active().getAttribute("href")
  for (const part of all("[data-part]")) {
    const next = fresh.getElementById(part.id)
    if (!next) continue
    const focused = part.contains(active()) && href
    part.replaceWith(next)
    localise(next)
    if (focused) one(`[href="${CSS.escape(href)}"]`, next)?.focus({ preventScroll: true })
  }
  document.title = fresh.title
  const icon = one("link[rel=icon]"), other = one("link[rel=icon]", fresh)
  if (other && icon.href !== other.href) icon.href = other.href
}

localise(document)
// Go on where one acted.
if (sessionStorage.row) one("[data-open]", all("[data-row]")[sessionStorage.row])?.focus()
delete sessionStorage.row
one("[aria-current=page]")?.scrollIntoView({ inline: "center", block: "nearest" })
document.addEventListener("click", event => {
  select(event)
  if (event.target.closest?.("[data-help]")) one("dialog").showModal()
  for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false
})
document.addEventListener("keydown", press)
const look = () => refresh().catch(() => { one("#stale").hidden = false })
if (one("[data-part]")) setInterval(look, 20_000)
// What was asked for is soon done.
if (one("[data-done]")) for (const wait of [2000, 5000, 10000]) setTimeout(look, wait)
