// The unseen half of a public form's guard: a little arithmetic while somebody writes (docs/adr/0009-proof-of-work.md).
// Without it a form is taken too, only fewer of them; so whatever fails here fails silently.

const RENEW_AFTER = 8 * 60 * 1000;
const LONGEST_WAIT = 8000;

// Begin at the first touch, so that nobody waits; begin anew when the proof has aged while somebody was writing.
export function prove(form) {
  const field = form.elements.proof;
  let work = null;
  let begun = 0;

  const start = () => {
    if (work && Date.now() - begun < RENEW_AFTER) return work;
    begun = Date.now();
    field.value = "";
    work = solve().then(
      (proof) => (field.value = proof),
      () => undefined,
    );
    return work;
  };
  for (const touch of ["focusin", "input", "pointerdown"]) form.addEventListener(touch, start);
  // A page that comes back from the cache holds a proof that was used.
  addEventListener("pageshow", (event) => event.persisted && ((work = null), (field.value = "")));

  const beforeItIsSent = (event) => {
    const working = start();
    if (field.value || form.dataset.proofWaited) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const enough = new Promise((done) => setTimeout(done, LONGEST_WAIT));
    Promise.race([working, enough]).then(() => {
      form.dataset.proofWaited = "yes";
      form.requestSubmit(event.submitter);
      delete form.dataset.proofWaited;
    });
  };
  // In the capturing phase: before the listener that lets a form be sent once.
  form.addEventListener("submit", beforeItIsSent, true);
}

// ALTCHA, format 2, PBKDF2/SHA-256: the counter whose key, derived from nonce and counter, begins with the prefix.
async function solve() {
  const answer = await fetch("/proof", { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`no challenge: ${answer.status}`);
  const challenge = await answer.json();
  const { algorithm, nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  if (algorithm !== "PBKDF2/SHA-256") throw new Error(`unknown algorithm ${algorithm}`);
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const counting = new DataView(password.buffer, password.length - 4);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    counting.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(derivation, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}

function bytes(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
