// The chosen time is kept from the first keystroke, for as long as somebody writes, and given back when they leave.
// Without this nothing is held and booking works all the same; so whatever fails here fails silently.

const AFTER_A_FAILURE_MS = 60 * 1000;
// Which time, and what opens the call to them.
const ASKED = ["start", "minutes", "link", "invitation"];

document.querySelectorAll("form[data-hold]").forEach(keepTime);

function keepTime(form) {
  // What is held, and from when on it is asked for anew: after half of its time, and only if somebody still writes.
  let held = "";
  let renewAt = 0;
  let asking = false;
  let sent = false;

  const start = () => new FormData(form).get("start") ?? "";
  const due = () => start() && (start() !== held || Date.now() >= renewAt);

  const hold = async () => {
    if (asking || sent || !due()) return;
    asking = true;
    const wanted = start();
    try {
      const answer = await fetch(`${form.dataset.hold}/hold`, { method: "POST", body: said(form, ...ASKED) });
      held = wanted;
      renewAt = Date.now() + (answer.ok ? (await answer.json()).seconds * 500 : AFTER_A_FAILURE_MS);
      if (answer.status === 409) await showOthers(form, wanted);
    } catch {
      renewAt = Date.now() + AFTER_A_FAILURE_MS;
    }
    asking = false;
  };
  for (const touch of ["input", "restored"]) form.addEventListener(touch, hold);

  // A form that is on its way books what is held.
  form.addEventListener("submit", (event) => (sent ||= !event.defaultPrevented));
  addEventListener("pagehide", () => {
    if ((held || asking) && !sent) navigator.sendBeacon(`${form.dataset.hold}/let-go`, said(form));
    held = "";
    sent = false;
  });
}

// Somebody else has it. The page knows what else is free; what was written stays where it is.
async function showOthers(form, lost) {
  const address = new URL(form.action);
  const kept = { zone: "timezone", minutes: "minutes", link: "link", invitation: "invitation" };
  for (const [parameter, name] of Object.entries(kept))
    if (form.elements[name]?.value) address.searchParams.set(parameter, form.elements[name].value);
  address.searchParams.set("start", lost);
  address.searchParams.set("lost", "yes");
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const [others, button] = [page.querySelector("fieldset#start"), page.querySelector("button[data-sending]")];
  if (!others) return;
  form.querySelector("#start").replaceWith(others);
  // Nothing else is free: then there is nothing to send.
  const send = form.querySelector("button[data-sending]");
  send.hidden = !button;
  send.textContent = (button ?? send).textContent;
  others.scrollIntoView({ block: "nearest" });
}

// Only what the server needs to know: not what they have written so far.
function said(form, ...names) {
  const body = new FormData();
  for (const name of ["csrf_token", ...names]) body.set(name, new FormData(form).get(name) ?? "");
  return body;
}
