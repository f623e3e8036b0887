// What pages do a little better with a script. Everything works without it.
// The zone is read from the browser, a form is sent once, and what was written survives going back for another time.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

showTimesInOwnZone();
proveForms();
document.querySelectorAll("input[data-zone]").forEach((input) => zone && (input.value = zone));
document.querySelectorAll("form[method=post]").forEach(sendOnce);
document.querySelectorAll("button[data-copy]").forEach(copyable);
document.querySelectorAll("form[data-draft]").forEach(keepDraft);
document.querySelectorAll("[data-draft-sent]").forEach((page) => forget(page.dataset.draftSent));

// Nobody has named a zone yet: ask for the page again in the reader's own, unless it is the one being shown.
function showTimesInOwnZone() {
  const shown = document.querySelector("[data-zone-assumed]")?.dataset.zoneAssumed;
  const address = new URL(location.href);
  if (!shown || !zone || zone === shown || address.searchParams.has("zone")) return;
  address.searchParams.set("zone", zone);
  // Asked for again, the page would seem to come from itself.
  const from = document.referrer;
  if (from && new URL(from).origin !== location.origin && !address.searchParams.has("referrer"))
    address.searchParams.set("referrer", from.split(/[?#]/)[0]);
  location.replace(address);
}

// Only pages with a public form load it. Forms can be sent without it.
async function proveForms() {
  const forms = document.querySelectorAll("form[data-proof]");
  if (!forms.length || !globalThis.crypto?.subtle) return;
  const { prove } = await import("./proof.js");
  forms.forEach(prove);
}

// The second tap of a double tap is not a second message. A page that comes back from the cache can send again.
function sendOnce(form) {
  const button = form.querySelector("button[data-sending]");
  if (!button) return;
  const words = button.textContent;
  const sending = (yes) => {
    button.setAttribute("aria-disabled", String(yes));
    button.textContent = yes ? button.dataset.sending : words;
  };
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    else sending(true);
  });
  addEventListener("pageshow", (event) => event.persisted && sending(false));
}

// The button is there only where a script may copy; what it copies stands beside it to be marked by hand.
function copyable(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}

// Kept for this tab only, and only what people type or tick; what the server gave back is newer than what was kept.
function keepDraft(form) {
  const typed = () => form.querySelectorAll("textarea, input:is([type=text], [type=email], [type=tel], [type=url])");
  const ticked = () => form.querySelectorAll("input:is([type=radio], [type=checkbox]):not([name=start])");
  const kept = read(form.dataset.draft);
  typed().forEach((input) => (input.value ||= kept[input.name] ?? ""));
  const answered = new Set([...ticked()].filter((input) => input.checked).map((input) => input.name));
  ticked().forEach((input) => (input.checked ||= !answered.has(input.name) && kept[input.name]?.includes(input.value)));
  // What was folded away stays in sight once something stands in it.
  typed().forEach((input) => input.value && input.closest("details")?.setAttribute("open", ""));
  // Whoever comes back to what they wrote goes on writing.
  if (Object.values(kept).some((value) => value.length)) form.dispatchEvent(new Event("restored"));
  form.addEventListener("input", () => {
    const values = [...typed()].map((input) => [input.name, input.value]);
    const ticks = [...ticked()].map(({ name }) => [name, form.querySelectorAll(`[name="${name}"]:checked`)]);
    write(
      form.dataset.draft,
      Object.fromEntries([...values, ...ticks.map(([name, on]) => [name, [...on].map((input) => input.value)])]),
    );
  });
}

// A browser may forbid storage: then nothing is kept, and nothing breaks.
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(`draft:${key}`)) ?? {};
  } catch {
    return {};
  }
}

function write(key, values) {
  try {
    sessionStorage.setItem(`draft:${key}`, JSON.stringify(values));
  } catch {
    return;
  }
}

function forget(key) {
  try {
    sessionStorage.removeItem(`draft:${key}`);
  } catch {
    return;
  }
}
