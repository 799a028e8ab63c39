// Says when a server in front keeps our policy from browsers.
const warning = document.getElementById("policy")
const answer = await fetch(location.href, { method: "HEAD" })
const arrived = answer.headers.get("Content-Security-Policy") ?? ""
warning.hidden = arrived.includes(warning.dataset.sent)
